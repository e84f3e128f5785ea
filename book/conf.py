# The book. Build it with ./dev book: the pages include every program from examples/ and every
# output from build/book/outputs, where record.sh has put it.

project = "rondo"
author = "the rondo authors"
copyright = "2026, the rondo authors. The text is licensed under CC BY-SA 4.0"

extensions = ["myst_parser"]
exclude_patterns = ["LICENSE"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

highlight_language = "cpp"
html_theme = "furo"
html_title = "rondo: asyncio for C++20"
html_copy_source = False
html_show_sourcelink = False
