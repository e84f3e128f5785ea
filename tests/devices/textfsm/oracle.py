#!/usr/bin/python3
"""Templates, texts and regular expressions at random, and what Python makes of them.

    oracle.py templates SEED COUNT
    oracle.py regexes SEED COUNT

Each case is three strings: the template (or the expression), the text, and the outcome as JSON, or
"error". A string is written as its size in bytes, a newline, its bytes, and a newline. The same seed
gives the same cases. What takes Python more than a second is left out.
"""

import io
import json
import random
import re
import signal
import sys
import warnings

warnings.simplefilter("ignore")
import textfsm  # noqa: E402  (it warns about its own regular expressions)


# Python 3.11 goes on at a wrong place when a repetition of a group, without a way back, has failed.
WRONG_IN_PYTHON = re.compile(r"\)(?:\s|\(\?#[^)]*\))*(?:[*+?]|\{[0-9,]*\})\+")


class TooSlow(BaseException):
    """Not an Exception, for those are outcomes."""


def interrupt(*_):
    raise TooSlow


def outcome(function, *arguments):
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        result = function(*arguments)
    except TooSlow:
        return None
    except Exception:  # all of them mean that Python refuses it
        return "error"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def parse(template, text):
    fsm = textfsm.TextFSM(io.StringIO(template))
    return [dict(zip(fsm.header, row)) for row in fsm.ParseText(text)]


def match(pattern, text):
    found = re.compile(pattern).match(text)
    return found and {"0": found.group(), "groups": found.groups(), "names": found.groupdict()}


# --- regular expressions

LETTERS = "aabbcABk_0159 .-:/"
UNICODE = "\xe9\u0130\u0131\u017f\u212a\u0663\u2028\xa0\xdf\u1e9e\U0001d7d9\u4e2d"
SUBJECT = LETTERS + "\t\n\x1c\x85]{}^$\\" + UNICODE
ESCAPES = ["\\d", "\\D", "\\s", "\\S", "\\w", "\\W"]
ODD_ESCAPES = [
    "\\b", "\\B", "\\A", "\\Z", "\\z", "\\h", "\\R", "\\Q", "\\E", "\\K", "\\G", "\\X", "\\N", "\\v", "\\a",
    "\\n", "\\t", "\\x41", "\\x4", "\\u0041", "\\u00e9", "\\u212a", "\\U0001d7d9", "\\U00110000", "\\ud800",
    "\\0", "\\00", "\\012", "\\101", "\\141", "\\400", "\\377", "\\8", "\\9", "\\1", "\\2", "\\3", "\\11",
    "\\.", "\\-", "\\/", "\\{", "\\ ", "\\_", "\\:", "\\#", "\\]", "\\[", "\\$", "\\^", "\\<", "\\&", "\\~",
    "\\\xe9", "\\e", "\\p{L}", "\\cA", "\\o{101}", "\\g1", "\\k<n>", "\\C", "\\l", "\\L", "\\u", "\\ N",
]
QUANTIFIERS = [
    "*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,2}", "{,2}", "{1,}", "{,}", "{0}", "{1,2}?",
    "{,1}?", "{2,}+", "{1,3}+", "{0,0}",
]
ODD_QUANTIFIERS = ["{", "{}", "{a}", "{1", "{1,", "{2,1}", "{ 1}", "{1, 2}", "{,", "{-1}", "}", "**", "{1}{2}"]
IN_BRACKETS = [
    "a", "b", "-", "a-c", "A-Z", "0-9", "^", "]", "[", "[:alpha:]", "[:", "&&", "||", "~~", "--", "\\]", "\\-",
    "\\b", "\\n", "\\x41", "\\101", "\\0", ".", "$", "|", "(", "}", "*", "c-a", "a-\\d", "\\d-a", "\\w-", "\\A",
    "\\B", "\\Z", "\\8", "\\1", "\\e", "\\h", "\\R", " ", "#", "\xe9", "\\u00e0-\\u00ff", "k", "i", "\u0130",
    "\ud7ff-\ue000", "\\ud800-\\udfff", "\\s", "\\S", "\\w", "\\W", "\\d", "\\D", "+--", "!-~", "Z-a", "\\t-\\r",
]
OPENINGS = ["(", "(", "(", "(?:", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?P<n>", "(?P<m>", "(?i:", "(?s:",
            "(?-i:", "(?a:", "(?u:", "(?x:", "(?m:", "(?i-s:", "(?ai:", "(?(1)", "(?(2)", "(?(n)"]
ODD_GROUPS = [
    "(?i)", "(?x)", "(?s)", "(?m)", "(?a)", "(?u)", "(?L)", "(?t)", "(?ims)", "(?-i)", "(?#note)", "(?#a\\)b)",
    "(?P=n)", "(?P=m)", "(?P>n)", "(?P<n>a)", "(?P<1n>a)", "(?P<>a)", "(?P<n", "(?&n)", "(?R)", "(?1)", "(?|a|b)",
    "(?<n>a)", "(?'n'a)", "(*FAIL)", "(*UTF)", "(?", "(", ")", "(?P", "(?<", "(?<a", "(?(", "(?(1", "(?(1)a|b|c)",
    "(?(0)a)", "(?(+1)a|b)", "(?( 1 )a|b)", "(?(x)a)", "(?(9)a)", "(?(1_0)a)", "(?aL:a)", "(?au:a)", "(?i-i:a)",
    "(?-:a)", "(?-u:a)", "(?ii:a)", "(?k:a)", "(?i", "(?i-", "(?i-s", "()", "(|a)", "(a|)", "(?:)", "(?=)", "(?!)",
    "(?P<\xe9>a)", "(?P<n-m>a)", "(?C)", "(?C1)", "(?^:a)", "(?n:a)", "(?J)", "[", "[]", "[^]", "[a", "[]a]", "[^]a]",
    "(?P<n>a)(?P<n>b)", "(?:a)|b", "(?i)a|(?x)b", "(?x) (?i) a #c\n b", "(?<=a|bc)", "(?<=a*)", "(?<=(a)\\1)",
    "(a)(?<=\\1)", "(?<=(?(1)a|b))", "[[a]", "[a[]", "\\",
]


class Regexes:
    def __init__(self, chance):
        self.chance = chance

    def some(self, choices):
        return self.chance.choice(choices)

    def brackets(self):
        inside = "".join(self.some(IN_BRACKETS) for _ in range(self.chance.choice([1, 1, 2, 2, 3, 5])))
        return "[" + self.some(["", "", "^"]) + inside + "]"

    def atom(self, depth, oddness):
        kind = self.chance.random()
        if self.chance.random() < oddness:
            return self.some([self.some(ODD_ESCAPES), self.some(ODD_GROUPS), self.some(ODD_QUANTIFIERS), "#", " ", "}"])
        if kind < 0.35 or depth > 4:
            return self.some("aabbcABk05 .-:_i") if self.chance.random() < 0.9 else self.some(UNICODE)
        if kind < 0.5:
            return self.some(ESCAPES)
        if kind < 0.6:
            return self.brackets()
        if kind < 0.65:
            return self.some(["^", "$", ".", ".", "\\b", "\\B"])
        if kind < 0.68:
            return self.some(["\\1", "\\2", "(?P=n)"])
        return self.some(OPENINGS) + self.alternatives(depth + 1, oddness) + ")"

    def sequence(self, depth, oddness):
        text = ""
        for _ in range(self.chance.choice([0, 1, 1, 2, 2, 3, 4])):
            text += self.atom(depth, oddness)
            if self.chance.random() < 0.3:
                text += self.some(QUANTIFIERS)
            elif self.chance.random() < oddness:
                text += self.some(ODD_QUANTIFIERS)
        return text

    def alternatives(self, depth=0, oddness=0.0):
        return "|".join(self.sequence(depth, oddness) for _ in range(self.chance.choice([1, 1, 1, 2, 3])))

    def pattern(self):
        start = self.some([""] * 8 + ["(?i)", "(?x)", "(?s)", "(?m)", "(?a)", "(?ia)"])
        text = start + self.alternatives(0, self.some([0.0, 0.0, 0.02, 0.1, 0.3]))
        if self.chance.random() < 0.1 and text:  # and one that was mistyped
            place = self.chance.randrange(len(text))
            text = text[:place] + self.some(["", "(", ")", "[", "\\", "{", "?", "*"]) + text[place + 1:]
        return text

    def subject(self):
        letters = self.some([LETTERS, "ab", "aAbBkKiI", SUBJECT, "a0 -"])
        return "".join(self.some(letters) for _ in range(self.chance.choice([0, 1, 2, 3, 5, 8, 13])))


# --- templates

NAMES = ["A", "B", "NAME", "x_1", "Interface", "a" * 48]
ODD_NAMES = ["a" * 49, "1A", "a-b", "\xe9", "", "A B", "Start", "a\\b"]
OPTIONS = ["Filldown", "Fillup", "Key", "List", "Required"]
ODD_OPTIONS = ["filldown", "", "Requird", "List ", "Filldown.Key"]
VALUE_REGEXES = [
    "(\\w+)", "(\\d+)", "(\\S*)", "(.*)", "(a|b)", "(\\w+|)", "([ab]+)", "(a*)", "((a)|(b))", "((?P<in>\\w)(\\w*))",
    "((?P<x>a)|(?P<y>\\w+))", "(\\w+(?: \\w+)*)", "(\\d{1,3})", "(up|down)", "((?=a)\\w+)", "(\\w+?)", "((\\w)\\w*)",
]
ODD_VALUE_REGEXES = ["\\w+", "(", "()", "(a))", "(()", "(a)(b)", "(?i:a)", "(*)", "(a)b", "(\\)", "([)])", "(a|$)", "((?i)a)",
                     "(?:a)", "(a$$)", "($A)", "(?P<q>a)"]
STATES = ["Start", "Start", "Two", "Three", "s_3", "End", "EOF"]
ODD_STATES = ["Next", "Continue", "Record", "Bad Name", "\xe9tat", "a" * 49, " Start", "Missing", "#Start", "Clearall"]
ACTIONS = [
    "", "", "", " -> Next", " -> Record", " -> Continue", " -> Continue.Record", " -> Next.Record", " -> Clear", " -> Clearall",
    " -> Next.Clear", " -> Continue.Clearall", " -> Continue.Clear", " -> NoRecord", " -> Next.NoRecord", *[" -> Record"] * 6,
]
WITH_STATE = [" -> {}", " -> Next {}", " -> Record {}", " -> Next.Record {}", " -> Clear {}", " -> Clearall {}"]
ODD_ACTIONS = [
    " -> Error", ' -> Error "no good"', " -> Error nogood", " -> Error.Record", " ->", " -> ", "->Next", " -> Next Next Next",
    " -> Next.Bogus", " -> Record.Next", " -> Continue Two", ' -> "text"', ' -> Next "text"', " -> Next  Two", "  ->  Record   Two ",
    " -> Missing", " -> End", " -> EOF", " -> Next.Record.Clear", " -> next", "\t-> Record", " -> Record -> Next", " -> \xe9tat",
    ' -> Error "a" b"', " -> Error.Clear \"\"", " -> Continue End", ' -> Error "', " -> Errors", " -> RecordTwo", "\xa0-> Record",
]
WORDS = ["a", "b", "ab", "up", "down", "12", "x1", "0", "Interface", "\xe9", "-", ":", "aab", "A", "None"]
LINE_ENDS = ["\n"] * 12 + ["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\n\n", "\n \n", ""]


class Templates:
    def __init__(self, chance):
        self.chance = chance
        self.regexes = Regexes(chance)

    def some(self, choices):
        return self.chance.choice(choices)

    def odd(self):
        return self.chance.random() < self.oddness

    def value(self, name):
        if self.odd():
            name = self.some(ODD_NAMES)
        options = self.chance.sample(OPTIONS, self.some([0, 0, 1, 1, 2, 3]))
        if self.odd():
            options.append(self.some(ODD_OPTIONS + OPTIONS))
        regex = self.some(ODD_VALUE_REGEXES) if self.odd() else self.some(VALUE_REGEXES)
        if self.chance.random() < 0.05:
            regex = "(" + self.regexes.alternatives(3, 0.0) + ")"
        return "Value " + (",".join(options) + " " if options else "") + name + " " + regex

    def rule(self, names, states):
        text = self.some([" ^", " ^", "  ^", "\t^"]) if not self.odd() else self.some(["^", "   ^", " ", "\t", "# ^", " #^", "  "])
        unused = names[:]
        self.chance.shuffle(unused)
        for _ in range(self.some([1, 1, 1, 2, 3])):
            kind = self.chance.random()
            name = "A"
            if names and (kind < 0.7 or 0.92 < kind < 0.95):
                if not unused and not self.odd():
                    kind = 0.8  # a group's name can be there only once
                else:
                    name = unused.pop() if unused else self.some(names)
            if kind < 0.65:
                text += self.some(["${%s}", "${%s}", "$%s"]) % name
            elif kind < 0.7:
                text += "(?:" + self.some(["${%s}", "$%s"]) % name + "|\\w+)" + self.some(["", "?"])
            elif kind < 0.92:
                text += self.some(["a", "\\w+", "\\d+", ".*", ".+?", "(?:a|b|up)", "\\S+", "(x)?", "-", "Interface"])
            elif kind < 0.95:
                text += "(?P<%s>\\w+)" % name
            else:
                text += self.regexes.alternatives(3, 0.0)
            text += self.some(["\\s*", "\\s+", " ", "\\s*", ".*", ""])
        if self.odd():
            text += self.some(["$", "$$", "$$$", "${", "${}", "$1", "${missing}", "$missing", "(", "[", "\\", "*", "$$x", "->", " -> x", "{"])
        text += self.some(["", "", "", "", "$$", ".*$$"])
        if self.odd():
            return text + self.some(ODD_ACTIONS)
        if self.chance.random() < 0.25:
            return text + self.some(WITH_STATE).format(self.some(states + ["End", "EOF"]))
        return text + self.some(ACTIONS)

    def template(self):
        self.oddness = self.some([0.0, 0.0, 0.0, 0.005, 0.01, 0.05])
        names = self.chance.sample(NAMES, self.some([1, 2, 2, 3, 4]) if not self.odd() else 0)
        lines = [self.value(name) for name in names]
        if self.odd():
            lines.insert(self.chance.randrange(len(lines) + 1), self.some(["# note", "  # note", "", "Value", "Value A", "value A (a)", "x"] + lines))
        if not self.odd():
            lines.append("")
        states = ["Start"] + [name for name in dict.fromkeys(self.some(STATES) for _ in range(self.some([0, 0, 1, 2]))) if name != "Start"]
        targets = [name for name in states if name not in ("End", "EOF")]
        if self.odd():
            states.append(self.some(ODD_STATES + STATES))
        if self.odd():
            states.pop(0)
        for state in states:
            lines.append(state)
            if state not in ("End", "EOF") or self.odd():
                lines += [self.rule(names, targets) for _ in range(self.some([1, 2, 3, 4]))]
            if self.odd():
                lines.append(self.some(["# note", "   # note", "text", " text"]))
            lines.append(self.some(["", "", "", " ", "\t", "\n"]))
        end = self.some(["\n"] * 8 + ["\r\n", " \n"])
        return end.join(lines)

    def text(self):
        ends = LINE_ENDS if self.chance.random() < 0.3 else ["\n"]
        text = ""
        for _ in range(self.some([0, 1, 3, 5, 8, 13, 20])):
            text += self.some(["", "", "", " "]) + " ".join(self.some(WORDS) for _ in range(self.some([0, 1, 1, 2, 3]))) + self.some(ends)
        return text


def main():
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    signal.signal(signal.SIGALRM, interrupt)
    templates, regexes = Templates(chance), Regexes(chance)
    for _ in range(count):
        if kind == "templates":
            case = [templates.template(), templates.text()]
            result = outcome(parse, *case)
        else:
            case = [regexes.pattern(), regexes.subject()]
            result = outcome(match, *case)
        if result is None or WRONG_IN_PYTHON.search(case[0]):
            continue
        for text in [*case, result]:
            data = text.encode()
            sys.stdout.buffer.write(b"%d\n%s\n" % (len(data), data))


main()
