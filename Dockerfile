FROM python:3.11-slim

RUN useradd --create-home --uid 1000 lab
WORKDIR /home/lab/ascent
COPY requirements.txt .
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu \
        $(grep -E '^torch' requirements.txt | tr '\n' ' ') \
    && pip install --no-cache-dir -r requirements.txt
COPY --chown=lab . .
USER lab
ENV HOME=/home/lab LAB_HOST=0.0.0.0 PORT=7860 PYTHONUNBUFFERED=1
EXPOSE 7860
CMD ["python", "-m", "apps.lab"]
