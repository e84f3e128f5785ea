#!/usr/bin/env python3
"""Writes a C++ file that holds the platforms' definitions: embed.py OUT.cpp FILE.yaml..."""

import pathlib
import sys


def literal(text):
    """The text as adjacent raw strings: a compiler may refuse a single one beyond 64 KiB."""
    pieces = [text[start : start + 8000] for start in range(0, len(text), 8000)]
    return "\n".join(f'R"yaml({piece})yaml"' for piece in pieces)


def main():
    out, *files = sys.argv[1:]
    entries = []
    for name in sorted(files):
        path = pathlib.Path(name)
        entries.append(f'    {{"{path.name}",\n{literal(path.read_text(encoding="utf-8"))}}},\n')
    pathlib.Path(out).write_text(
        "#include <rondo/devices/detail/builtin_platforms.h>\n\n"
        "namespace rondo::devices::detail {\n\n"
        "const std::vector<std::pair<std::string_view, std::string_view>>&\n"
        "builtin_platform_texts() {\n"
        "  static const std::vector<std::pair<std::string_view, std::string_view>> texts = {\n"
        + "".join(entries)
        + "  };\n  return texts;\n}\n\n}  // namespace rondo::devices::detail\n",
        encoding="utf-8",
    )


main()
