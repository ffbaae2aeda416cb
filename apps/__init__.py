"""Everything that a browser sees; no tensor arithmetic."""
