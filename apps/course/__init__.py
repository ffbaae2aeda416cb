"""The course: Streamlit pages beside the lab, on the same port."""

PATH = "/course"
