"""The course's arithmetic, one file a page: exact, small, and proved on the page itself."""
