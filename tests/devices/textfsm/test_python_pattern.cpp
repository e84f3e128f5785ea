#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices/textfsm/detail/regex.h>
#include <rondo/devices/textfsm/detail/unicode.h>

namespace {

using namespace rondo::textfsm::detail;

/// What matches at the beginning; "-": nothing; "error: ...": it is no expression.
std::string matched(const std::string& pattern, const std::string& subject) {
  try {
    const Regex regex(pattern);
    Matches matches(regex.groups());
    if (!regex.match(Subject(subject), matches)) return "-";
    return std::string(*matches.group(0));
  } catch (const PatternError& error) {
    return "error: " + std::string(error.what());
  }
}

struct Example {
  const char* pattern;
  const char* subject;
  const char* match;  // nullptr: the expression is refused
};

void check(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    CAPTURE(example.pattern);
    CAPTURE(example.subject);
    const std::string match = matched(example.pattern, example.subject);
    if (example.match == nullptr) {
      CHECK(match.starts_with("error: "));
    } else {
      CHECK(match == example.match);
    }
  }
}

TEST_CASE("what PCRE2 would take for something else means what it means in Python") {
  check({{"a{,2}", "aaa", "aa"},
         {"a{,}", "aaa", "aaa"},
         {"a{}", "a{}", "a{}"},
         {"a{ 1}", "a{ 1}", "a{ 1}"},
         {"x{1", "x{1", "x{1"},
         {"[[:alpha:]]", ":]", ":]"},
         {"[[:alpha:]]", "b", "-"},
         {"[]a]+", "]a", "]a"},
         {"[^]a]", "]", "-"},
         {"[a[]+", "[a", "[a"},
         {"[\\b]", "\b", "\b"},
         {"a\\Z", "a\n", "-"},
         {"a$", "a\n", "a"},
         {"a$", "a\n\n", "-"},
         {"(?m)a\n^", "a\n", "a\n"},
         {"a.", "a\r", "a\r"},
         {"\\B", "", "-"},
         {"\\x41\\101\\u0041\\U00000041", "AAAA", "AAAA"},
         {"(a)\\1", "aa", "aa"},
         {"(a)(?#b\\)c)b", "ab", "ab"},
         {"(?x) a # b\n c", "ac", "ac"},
         {"(?x)a\\ b", "a b", "a b"},
         {"(?P<n>a)(?P=n)", "aa", "aa"},
         {"(?P<n>a)?(?(n)b|c)", "ab", "ab"},
         {"(?P<n>a)?(?(n)b|c)", "c", "c"},
         {"(a)?\\1b", "b", "-"},
         {"(?>a+)b", "aab", "aab"},
         {"a++a", "aaa", "-"},
         {"(?<=)a", "a", "a"},
         {"a{70000}", "a", nullptr},
         {"a{1,70000}", "aaa", "aaa"}});
}

TEST_CASE("what Python refuses is refused") {
  for (const char* pattern : {"\\h",
                              "\\R",
                              "\\Qa\\E",
                              "\\K",
                              "\\G",
                              "\\z",
                              "\\p{L}",
                              "\\e",
                              "\\cA",
                              "\\g1",
                              "\\8",
                              "\\x4",
                              "\\400",
                              "\\U00110000",
                              "a**",
                              "a*{2}",
                              "*",
                              "^*",
                              "\\b+",
                              "(?=a)**",
                              "a{2,1}",
                              "(",
                              ")",
                              "[",
                              "[b-a]",
                              "[a-\\d]",
                              "[\\A]",
                              "(?<n>a)",
                              "(?P<1>a)",
                              "(?P<n>a)(?P<n>b)",
                              "(?P=n)",
                              "(a\\1)",
                              "(?<=a*)",
                              "(?<=a|bc)",
                              "(?<=(a)\\1)",
                              "(?|a)",
                              "(?R)",
                              "(?&n)",
                              "(*FAIL)",
                              "a(?i)b",
                              "(?L)a",
                              "(?i-i:a)",
                              "(?-u:a)",
                              "(?au:a)",
                              "(?z)",
                              "(?(1)a)",
                              "(?(1)a|b|c)(x)",
                              "(?(0)a)",
                              "(?P>n)",
                              "a\\",
                              "(?t)a*",
                              "(?a)(?u)a",
                              "(?#a",
                              "\\N{DIGIT ONE}"}) {
    CAPTURE(pattern);
    CHECK(matched(pattern, "a").starts_with("error: "));
  }
}

TEST_CASE("an error says what is wrong and what to write instead") {
  CHECK(matched("a(b", "") == "error: a ( has no ): write \\( for one that opens nothing");
  CHECK(matched("a**", "") ==
        "error: '*' repeats what is repeated already: write (?:...) around that");
  CHECK(matched("\\h", "") == "error: \\h means nothing");
  CHECK(matched("(?<n>a)", "") ==
        "error: (?<n means nothing: a group with a name is (?P<name>...)");
}

TEST_CASE("digits, words, white space and cases are those of Unicode, as in Python") {
  check({{"\\d", "\u0663", "\u0663"},
         {"(?a)\\d", "\u0663", "-"},
         {"\\w+", "\u00e9t\u00e9_\u4e2d", "\u00e9t\u00e9_\u4e2d"},
         {"\\w", "\u0301", "-"},
         {"[\\W]", "\u00e9", "-"},
         {"[^\\W\\d]", "\u0663", "-"},
         {"[^\\W\\d]", "\u00e9", "\u00e9"},
         {"[\\Wb]+", "b-\u2028", "b-\u2028"},
         {"\\s+", "\x1c\u0085\u3000", "\x1c\u0085\u3000"},
         {"\\s", "\u180e", "-"},
         {"\\s", "\x1f", "\x1f"},
         {"(?a)\\s", "\x1f", "-"},
         {"[^\\S\\t]", " ", " "},
         {"[^\\S\\t]", "\t", "-"},
         {"\u00e9\\b", "\u00e9 ", "\u00e9"},
         {"\u00e9\\b", "\u00e9e", "-"},
         {"(?i)\u00c9", "\u00e9", "\u00e9"},
         {"(?i)\u0130", "i", "i"},
         {"(?i)[h-j]", "\u0131", "\u0131"},
         {"(?i)k", "\u212a", "\u212a"},
         {"(?ai)k", "\u212a", "-"},
         {"(?ai)k", "K", "K"},
         {"(?i:a(?-i:b))", "Ab", "Ab"},
         {"(?i:a(?-i:b))", "AB", "-"},
         {"\\ud800|a", "a", "a"},
         {"[\\ud7ff-\\ue000]", "\ue000", "\ue000"},
         {".", "\U0001f600", "\U0001f600"}});
}

TEST_CASE("[fault 64] a match without an end is an error, not a hang") {
  const Regex regex("(?:a|aa)+(?:b|(?=x)c)$");
  Matches matches(regex.groups());
  const std::string subject(80, 'a');
  CHECK_THROWS_AS(regex.match(Subject(subject), matches), MatchError);
}

TEST_CASE("groups beyond the machine's stack are matched all the same") {
  const Regex regex("(?:(a)|(b)|ab)*c");
  Matches matches(regex.groups());
  std::string subject;
  for (int i = 0; i < 20000; ++i)
    subject += "ab";
  for (int i = 0; i < 1200; ++i)
    CHECK_FALSE(regex.match(Subject("abd"), matches));
  subject += 'c';
  CHECK(regex.match(Subject(subject), matches));
  CHECK(matches.group(0)->size() == subject.size());
}

TEST_CASE("several threads match with one expression at once") {
  const Regex regex("(\\w+) is (up|down)$");
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Matches matches(regex.groups());
      for (int round = 0; round < 3000; ++round) {
        const std::string line = round % 2 == 0 ? "Ethernet is up" : "\u00c9thernet is up";
        if (regex.match(Subject(line), matches) && matches.group(2) == "up") ++right;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(right == 12000);
}

TEST_CASE("lines are those of Python's splitlines") {
  using Lines = std::vector<std::string_view>;
  CHECK(split_lines("").empty());
  CHECK(split_lines("\n") == Lines{""});
  CHECK(split_lines("a\r\nb\rc\n\nd") == Lines{"a", "b", "c", "", "d"});
  CHECK(split_lines("a\vb\fc\x1c"
                    "d\x1d"
                    "e\x1e"
                    "f\x1fg") == Lines{"a", "b", "c", "d", "e", "f\x1fg"});
  CHECK(split_lines("a\u0085b\u2028c\u2029d\u2027") == Lines{"a", "b", "c", "d\u2027"});
}

TEST_CASE("bytes that are no UTF-8 are replaced as Python replaces them") {
  CHECK(replace_invalid_utf8("a\xff"
                             "b") == "a\ufffdb");
  CHECK(replace_invalid_utf8("\xe2\x82") == "\ufffd");
  CHECK(replace_invalid_utf8("\xe2\x82(") == "\ufffd(");
  CHECK(replace_invalid_utf8("\xed\xa0\x80") == "\ufffd\ufffd\ufffd");
  CHECK(replace_invalid_utf8("\xc0\xaf\xf8") == "\ufffd\ufffd\ufffd");
  CHECK(replace_invalid_utf8("\xf0\x9f\x98\x80") == "\U0001f600");
  CHECK(find_invalid_utf8("\u00e9\xf4\x90\x80\x80") == 2);
}

}  // namespace
