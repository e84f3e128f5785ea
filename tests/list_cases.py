#!/usr/bin/env python3
"""Compares the lists of cases, tests/cases/*.txt, with the names of the tests that carry their
numbers, as in TEST_CASE("a new future is not done [case 1] [fault 2]").

Prints how many cases of each list have a test, and those that have none with the reason. Fails if a
case has neither a test nor a reason, or both, or if a test carries a number that no list has.

    tests/list_cases.py          the cases without a test
    tests/list_cases.py --all    every case, with its tests
"""

import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
LISTS = {"case": "asyncio", "fault": "faults"}  # the word in a test's name -> its list

STRING = r'"(?:[^"\\]|\\.)*"'
TEST_NAME = re.compile(rf"\bTEST_CASE\(\s*({STRING}(?:\s*{STRING})*)")
NUMBER = re.compile(r"\[(case|fault) (\d+)\]")
LOOKS_LIKE_A_NUMBER = re.compile(r"\[(?:cases?|faults?)\b[^\]]*\]?", re.IGNORECASE)


def read_list(name):
    """The cases of a list: number -> (sentence, reason). A reason may be empty."""
    cases = {}
    for line in (TESTS / "cases" / f"{name}.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        number, sentence, reason = (part.strip() for part in line.split("|"))
        if int(number) in cases:
            sys.exit(f"tests/cases/{name}.txt has two cases of number {number}")
        cases[int(number)] = (sentence, reason)
    return cases


def test_names():
    """The name of each test, with the place where it is."""
    for path in sorted(TESTS.rglob("*.cpp")):
        text = path.read_text()
        for match in TEST_NAME.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(TESTS.parent)}:{line}", "".join(
                re.findall(STRING, match[1])
            ).replace('"', "")


def collect(complaints):
    """Which tests carry which number: (word, number) -> [place and name, ...]."""
    tests = {}
    for place, name in test_names():
        for word, number in NUMBER.findall(name):
            tests.setdefault((word, int(number)), []).append(f"{place} {name}")
        for text in LOOKS_LIKE_A_NUMBER.findall(name):
            if not NUMBER.fullmatch(text):
                complaints.append(f"{place} writes {text}: [case 12] or [fault 3], each by itself")
    return tests


def compare(word, tests, complaints, show_all):
    """Prints one list, and takes its numbers out of `tests`."""
    name = LISTS[word]
    cases = read_list(name)
    carried = {number: tests.pop((word, number), []) for number in cases}
    print(f"{name}: {sum(map(bool, carried.values()))} of {len(cases)} cases have a test")
    for number, (sentence, reason) in cases.items():
        if carried[number] and reason:
            complaints.append(f"{word} {number} has a test, and a reason to have none: {reason}")
        if not carried[number] and not reason:
            complaints.append(f"{word} {number} has neither a test nor a reason: {sentence}")
        if show_all or not carried[number]:
            print(f"  {word} {number}: {sentence}" + (f" ({reason})" if reason else ""))
        if show_all:
            for test in carried[number]:
                print(f"    {test}")


def main(arguments):
    if arguments not in ([], ["--all"]):
        sys.exit(__doc__)
    complaints = []
    tests = collect(complaints)
    for word in LISTS:
        compare(word, tests, complaints, show_all=bool(arguments))
    for (word, number), places in tests.items():
        complaints.append(f"{word} {number} is in no list: {places[0]}")
    for complaint in complaints:
        print(f"WRONG: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
