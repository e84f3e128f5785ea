// This file is long because it goes through one class case by case.

// StreamReader, fed by hand: no socket is involved, and no time passes.

#include <chrono>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/task.h>

#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

template <class F>
void run_by_hand(F body) {
  run_bounded(std::move(body), virtual_time());
}

/// Feeds the chunks one by one, each in a turn of its own.
void feed_later(const StreamReader& reader, std::vector<std::string> chunks, bool eof = false,
                std::size_t next = 0) {
  get_running_loop().call_soon([reader, chunks = std::move(chunks), eof, next] {
    if (next < chunks.size()) {
      reader.feed_data(chunks[next]);
      feed_later(reader, chunks, eof, next + 1);
    } else if (eof) {
      reader.feed_eof();
    }
  });
}

/// Ends the stream, and yields what nobody has read.
Coroutine<std::string> rest_of(StreamReader reader) {
  reader.feed_eof();
  return reader.read();
}

TEST_CASE("[case 184] read(n) returns what is there, at most n, and nothing at the end") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("line1line2");
    const std::string none = co_await reader.read(0);
    CHECK(none.empty());
    const std::string five = co_await reader.read(5);
    CHECK(five == "line1");
    const std::string what_is_there = co_await reader.read(1000);
    CHECK(what_is_there == "line2");
    CHECK_FALSE(reader.at_eof());

    feed_later(reader, {"late", "later"});
    const std::string first_chunk = co_await reader.read(1000);
    CHECK(first_chunk == "late");
    const std::string second_chunk = co_await reader.read(1000);
    CHECK(second_chunk == "later");

    feed_later(reader, {}, true);
    const std::string end = co_await reader.read(1000);
    CHECK(end.empty());
    CHECK(reader.at_eof());
    const std::string still_the_end = co_await reader.read(1000);
    CHECK(still_the_end.empty());
  });
}

TEST_CASE("[case 184] read(-1) collects all chunks up to the end of the stream") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(2);  // the limit has no say here
    feed_later(reader, {"chunk1\n", "chunk2", "chunk3"}, true);
    const std::string all = co_await reader.read(-1);
    CHECK(all == "chunk1\nchunk2chunk3");
    const std::string end = co_await reader.read();
    CHECK(end.empty());
  });
}

TEST_CASE("[case 184] a limit of nothing is refused, and read looks past the limit") {
  CHECK_THROWS_AS(StreamReader(0), ValueError);
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(3);
    reader.feed_data("chunk");
    const std::string all = co_await reader.read(5);
    CHECK(all == "chunk");
  });
}

TEST_CASE("[case 185] readline joins chunks and leaves what follows the newline") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("chunk1 ");
    feed_later(reader, {"chunk2 ", "chunk3 ", "\n chunk4"});
    const std::string line = co_await reader.readline();
    CHECK(line == "chunk1 chunk2 chunk3 \n");
    const std::string rest = co_await rest_of(reader);
    CHECK(rest == " chunk4");
  });
}

TEST_CASE("[case 185] readline without a newline returns the rest, then nothing") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("one\nsome data");
    reader.feed_eof();
    const std::string line = co_await reader.readline();
    CHECK(line == "one\n");
    CHECK_FALSE(reader.at_eof());
    const std::string rest = co_await reader.readline();
    CHECK(rest == "some data");
    CHECK(reader.at_eof());
    const std::string end = co_await reader.readline();
    CHECK(end.empty());
  });
}

TEST_CASE("[case 185] lines and counted reads take turns on the same bytes") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("line1\nline2\nline3\n");
    const std::string line = co_await reader.readline();
    CHECK(line == "line1\n");
    const std::string seven = co_await reader.read(7);
    CHECK(seven == "line2\nl");
    const std::string rest = co_await rest_of(reader);
    CHECK(rest == "ine3\n");
  });
}

TEST_CASE("[case 185] next yields line after line, then nothing") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    feed_later(reader, {"a\n\nb", "\nc"}, true);
    std::vector<std::string> lines;
    for (;;) {
      const auto line = co_await reader.next();
      if (!line) break;
      lines.push_back(*line);
    }
    CHECK(lines == std::vector<std::string>{"a\n", "\n", "b\n", "c"});
  });
}

TEST_CASE("[case 186] a line over the limit is an error and is dropped, the next one is not") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(3);
    reader.feed_data("li");
    reader.feed_data("ne1\nline2\n");
    const auto found = co_await thrown_by<ValueError>(reader.readline());
    CHECK(found);
    const std::string rest = co_await rest_of(reader);
    CHECK(rest == "line2\n");

    const StreamReader endless(3);
    endless.feed_data("line1li");
    const auto not_found = co_await thrown_by<ValueError>(endless.readline());
    CHECK(not_found);
    const std::string nothing = co_await rest_of(endless);
    CHECK(nothing.empty());
  });
}

TEST_CASE("[case 186] a line that grows over the limit while it is waited for is dropped too") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader one_line(7);
    feed_later(one_line, {"chunk1", "chunk2", "chunk3\n"});
    const auto too_long = co_await thrown_by<ValueError>(one_line.readline());
    CHECK(too_long);

    const StreamReader two_lines(7);
    for (const char* chunk : {"chunk1", "chunk2\n", "chunk3\n"})
      two_lines.feed_data(chunk);
    const auto first_too_long = co_await thrown_by<ValueError>(two_lines.readline());
    CHECK(first_too_long);
    const std::string second = co_await two_lines.readline();
    CHECK(second == "chunk3\n");
  });
}

TEST_CASE("[case 186] the limit is strict: seven bytes and a newline pass at 7, eight do not") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(7);
    reader.feed_data("1234567\n");
    const std::string line = co_await reader.readline();
    CHECK(line == "1234567\n");
    reader.feed_data("12345678\n");
    const auto error = co_await thrown_by<ValueError>(reader.readline());
    CHECK(error);
    const std::string rest = co_await rest_of(reader);
    CHECK(rest.empty());
  });
}

TEST_CASE("[case 187] readuntil finds a separator however it is split") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("lineAAAxxx");
    const std::string at_once = co_await reader.readuntil("AAA");
    CHECK(at_once == "lineAAA");
    const std::string left = co_await reader.read(100);
    CHECK(left == "xxx");

    const std::vector<std::vector<std::string>> splits{
        {"QWEaa", "XYaa", "a"}, {"QWEaa", "XYa", "aa"}, {"aaa"}, {"Xaaa"}, {"XXX", "a", "a", "a"}};
    for (const auto& chunks : splits) {
      std::string expected;
      for (const std::string& chunk : chunks)
        expected += chunk;
      feed_later(reader, chunks);
      const std::string text = co_await reader.readuntil("aaa");
      CHECK(text == expected);
    }
  });
}

TEST_CASE("[case 187] [fault 39] readuntil is right at every point where a text can be split") {
  run_by_hand([]() -> Coroutine<void> {
    const std::string transcript =
        "r1#show clock\r\n*12:00:00.000 UTC\r\nr1#\r\r\n\r\n#r1#r1r1#end\r\nr1#";
    const std::vector<std::string> parts{"r1#",  "show clock\r\n", "*12:00:00.000 UTC\r\n",
                                         "r1#",  "\r\r\n",         "\r\n",
                                         "#r1#", "r1r1#",          "end\r\n",
                                         "r1#"};
    for (std::size_t split = 0; split <= transcript.size(); ++split) {
      CAPTURE(split);
      const StreamReader reader;
      feed_later(reader, {transcript.substr(0, split), transcript.substr(split)});
      for (const std::string& part : parts) {
        const std::string text = co_await reader.readuntil("\r\n", "r1#");
        CHECK(text == part);
      }
    }
    const StreamReader drop_by_drop;
    std::vector<std::string> drops;
    for (const char byte : transcript)
      drops.emplace_back(1, byte);
    feed_later(drop_by_drop, drops);
    for (const std::string& part : parts) {
      const std::string text = co_await drop_by_drop.readuntil("\r\n", "r1#");
      CHECK(text == part);
    }
  });
}

TEST_CASE("[case 187] readuntil at the end of the stream hands over what there was") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("some data");
    feed_later(reader, {}, true);
    const auto error = co_await thrown_by<IncompleteReadError>(reader.readuntil());
    REQUIRE(error);
    CHECK(error->partial() == "some data");
    CHECK_FALSE(error->expected().has_value());
    const std::string rest = co_await reader.read();
    CHECK(rest.empty());
  });
}

TEST_CASE("[case 187] readuntil over the limit keeps the bytes and says how many hold nothing") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(3);
    reader.feed_data("some dataAA");
    const auto not_found = co_await thrown_by<LimitOverrunError>(reader.readuntil("AAA"));
    REQUIRE(not_found);
    CHECK(std::string_view(not_found->what()).find("not found") != std::string_view::npos);
    CHECK(not_found->consumed() == 9);

    reader.feed_data("A");
    const auto found = co_await thrown_by<LimitOverrunError>(reader.readuntil("AAA"));
    REQUIRE(found);
    CHECK(std::string_view(found->what()).find("is found") != std::string_view::npos);
    CHECK(found->consumed() == 9);

    const std::string skipped =
        co_await reader.readexactly(static_cast<std::ptrdiff_t>(found->consumed()));
    CHECK(skipped == "some data");
    const std::string separator = co_await reader.readuntil("AAA");
    CHECK(separator == "AAA");
  });
}

TEST_CASE("[case 188] of several separators the one that ends first wins, however long it is") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("line 1\nline 2\r");
    const std::string first = co_await reader.readuntil("\r", "\n");
    CHECK(first == "line 1\n");
    const std::string second = co_await reader.readuntil("\r", "\n");
    CHECK(second == "line 2\r");

    reader.feed_data("ABCDEFG");
    const std::string longer = co_await reader.readuntil("DEF", "BCDE");
    CHECK(longer == "ABCDE");
    const std::string left = co_await reader.read(100);
    CHECK(left == "FG");

    reader.feed_data("ABCDEFG");
    const std::string later_begun = co_await reader.readuntil("BCDEF", "CD");
    CHECK(later_begun == "ABCD");
    const std::string rest = co_await reader.read(100);
    CHECK(rest == "EFG");

    // There is room for the short separator, and not for the long one.
    reader.feed_data("data");
    feed_later(reader, {"Z", "Aaaa"});
    const std::string text = co_await reader.readuntil("A", "long sep");
    CHECK(text == "dataZA");
  });
}

TEST_CASE("[case 188] of two separators that end at the same place the first in the list counts") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(3);
    reader.feed_data("some dataA");
    const auto error = co_await thrown_by<LimitOverrunError>(reader.readuntil("A", "ome dataA"));
    REQUIRE(error);
    CHECK(std::string_view(error->what()).find("is found") != std::string_view::npos);
    const std::string rest = co_await rest_of(reader);
    CHECK(rest == "some dataA");
  });
}

TEST_CASE("[case 188] an empty separator, and no separator at all, are errors") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("data");
    const auto empty = co_await thrown_by<ValueError>(reader.readuntil(""));
    CHECK(empty);
    const auto one_is_empty = co_await thrown_by<ValueError>(reader.readuntil("a", ""));
    CHECK(one_is_empty);
    std::vector<std::string> no_separators;
    const auto none = co_await thrown_by<ValueError>(reader.readuntil(std::move(no_separators)));
    CHECK(none);
    const std::string rest = co_await rest_of(reader);
    CHECK(rest == "data");
  });
}

TEST_CASE("[case 189] readexactly waits for all the bytes, and for none of the limit") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader(3);
    feed_later(reader, {"0123456789", "0123456789", "0123456789"});
    const std::string twenty = co_await reader.readexactly(20);
    CHECK(twenty == "01234567890123456789");
    const std::string none = co_await reader.readexactly(0);
    CHECK(none.empty());
    const std::string rest = co_await reader.readexactly(10);
    CHECK(rest == "0123456789");
  });
}

TEST_CASE("[case 189] readexactly of a negative count is an error") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    bool refused = false;
    try {
      const std::string bytes = co_await reader.readexactly(-1);
    } catch (const ValueError&) {
      refused = true;
    }
    CHECK(refused);
  });
}

TEST_CASE("[case 189] readexactly at the end of the stream hands over what there was") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    feed_later(reader, {"0123456789ABCDEFGH"}, true);
    const auto error = co_await thrown_by<IncompleteReadError>(reader.readexactly(36));
    REQUIRE(error);
    CHECK(error->partial() == "0123456789ABCDEFGH");
    CHECK(error->expected() == 36);
    CHECK(std::string(error->what()) ==
          "18 bytes read on a total of 36 expected bytes before the end of the stream");
    CHECK(reader.at_eof());
  });
}

TEST_CASE("[case 190] every read throws the exception of the reader, a pending one at once") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    reader.feed_data("line");
    auto pending = create_task(reader.readline());
    co_await let_run();
    CHECK(reader.exception() == nullptr);
    reader.set_exception(std::make_exception_ptr(std::domain_error("gone")));
    CHECK(reader.exception() != nullptr);
    const auto from_pending = co_await thrown_by<std::domain_error>(pending);
    CHECK(from_pending);
    const auto from_read = co_await thrown_by<std::domain_error>(reader.read(1));
    CHECK(from_read);
    const auto from_read_all = co_await thrown_by<std::domain_error>(reader.read());
    CHECK(from_read_all);
    const auto from_readline = co_await thrown_by<std::domain_error>(reader.readline());
    CHECK(from_readline);
    const auto from_exactly = co_await thrown_by<std::domain_error>(reader.readexactly(2));
    CHECK(from_exactly);
    const auto from_until = co_await thrown_by<std::domain_error>(reader.readuntil("l"));
    CHECK(from_until);
  });
}

TEST_CASE("[case 190] bytes that came just before the exception still reach the pending read") {
  run_by_hand([]() -> Coroutine<void> {
    const auto bytes_then_error = [](const StreamReader& reader) {
      reader.feed_data("bye\n");
      reader.set_exception(std::make_exception_ptr(std::domain_error("gone")));
    };
    const StreamReader by_number;
    auto reading = create_task(by_number.read(100));
    co_await let_run();
    bytes_then_error(by_number);
    const std::string bytes = co_await reading;
    CHECK(bytes == "bye\n");
    const auto after = co_await thrown_by<std::domain_error>(by_number.read(100));
    CHECK(after);

    const StreamReader by_line;
    auto reading_line = create_task(by_line.readline());
    co_await let_run();
    bytes_then_error(by_line);
    const std::string line = co_await reading_line;
    CHECK(line == "bye\n");

    const StreamReader too_few;
    auto reading_ten = create_task(too_few.readexactly(10));
    co_await let_run();
    bytes_then_error(too_few);
    const auto too_late = co_await thrown_by<std::domain_error>(reading_ten);
    CHECK(too_late);
  });
}

TEST_CASE("[case 190] an exception set after a reader was cancelled harms nobody") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    auto cancelled = create_task(reader.readline());
    co_await let_run();
    cancelled.cancel();
    reader.set_exception(std::make_exception_ptr(std::domain_error("gone")));
    const auto error = co_await thrown_by<CancelledError>(cancelled);
    CHECK(error);
    const auto later = co_await thrown_by<std::domain_error>(reader.read(1));
    CHECK(later);
  });
}

TEST_CASE("[case 191] two readers cannot wait at once; the first is not disturbed") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    auto first = create_task(reader.readline());
    co_await let_run();
    const auto read = co_await thrown_by<RuntimeError>(reader.read(1));
    REQUIRE(read);
    CHECK(std::string(read->what()) ==
          "read() called while another coroutine is already waiting for incoming data");
    const auto until = co_await thrown_by<RuntimeError>(reader.readuntil("x"));
    CHECK(until);
    const auto exactly = co_await thrown_by<RuntimeError>(reader.readexactly(1));
    CHECK(exactly);
    reader.feed_data("line\n");
    const std::string line = co_await first;
    CHECK(line == "line\n");
  });
}

TEST_CASE("[case 165] a read that timed out has lost no byte, whatever it was waiting for") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    get_running_loop().call_later(1s, [reader] { reader.feed_data("half a "); });
    get_running_loop().call_later(5s, [reader] { reader.feed_data("line\n"); });
    const auto until = co_await thrown_by<TimeoutError>(wait_for(reader.readuntil("\n"), 2s));
    CHECK(until);
    const auto exactly = co_await thrown_by<TimeoutError>(wait_for(reader.readexactly(9), 1s));
    CHECK(exactly);
    const auto all = co_await thrown_by<TimeoutError>(wait_for(reader.read(), 1s));
    CHECK(all);
    const std::string what_came = co_await reader.read(100);
    CHECK(what_came == "half a ");
    const std::string line = co_await reader.readline();
    CHECK(line == "line\n");
  });
}

TEST_CASE("[case 165] [fault 26] a read cancelled in the turn in which bytes come loses none") {
  for (const bool bytes_first : {true, false}) {
    CAPTURE(bytes_first);
    run_by_hand([bytes_first]() -> Coroutine<void> {
      const StreamReader reader;
      auto reading = create_task(reader.read(100));
      co_await let_run();
      if (bytes_first) reader.feed_data("bytes");
      reading.cancel();
      if (!bytes_first) reader.feed_data("bytes");
      const auto cancelled = co_await thrown_by<CancelledError>(reading);
      CHECK(cancelled);
      const std::string bytes = co_await reader.read(100);
      CHECK(bytes == "bytes");
    });
  }
}

TEST_CASE("a read whose bytes somebody else took, after it was woken, waits for more") {
  run_by_hand([]() -> Coroutine<void> {
    const StreamReader reader;
    auto line = create_task(reader.readline());
    co_await let_run();
    reader.feed_data("taken\n");
    const std::string taken = co_await reader.read(100);
    CHECK(taken == "taken\n");
    co_await let_run();
    CHECK_FALSE(line.done());
    reader.feed_data("li");
    co_await let_run();
    reader.feed_data("ne\n");
    const std::string got = co_await line;
    CHECK(got == "line\n");

    auto until = create_task(reader.readuntil("--"));
    co_await let_run();
    reader.feed_data("some bytes--");
    const std::string some = co_await reader.read(5);
    CHECK(some == "some ");
    const std::string rest = co_await until;
    CHECK(rest == "bytes--");
  });
}

/// Counts who asks it to pause.
class CountingTransport final : public Transport {
 public:
  void write(std::string_view) override {}
  void write_eof() override {}
  bool can_write_eof() const noexcept override { return false; }
  void close() override {}
  void abort() override {}
  bool is_closing() const noexcept override { return false; }
  void pause_reading() override { ++pauses; }
  void resume_reading() override { ++resumes; }
  std::size_t get_write_buffer_size() const noexcept override { return 0; }

  int pauses = 0;
  int resumes = 0;
};

TEST_CASE("reading pauses over twice the limit and goes on when no more than the limit is left") {
  run_by_hand([]() -> Coroutine<void> {
    CountingTransport transport;
    const StreamReader reader(10);
    reader.set_transport(transport);
    reader.feed_data(std::string(20, 'x'));
    CHECK(transport.pauses == 0);
    reader.feed_data("x");
    CHECK(transport.pauses == 1);
    reader.feed_data("x");
    CHECK(transport.pauses == 1);

    const std::string eleven_left = co_await reader.read(11);
    CHECK(transport.resumes == 0);
    const std::string ten_left = co_await reader.read(1);
    CHECK(transport.resumes == 1);
  });
}

TEST_CASE("a reader that needs more than the limit makes a paused transport go on") {
  run_by_hand([]() -> Coroutine<void> {
    CountingTransport transport;
    const StreamReader reader(10);
    reader.set_transport(transport);
    reader.feed_data(std::string(21, 'x'));
    CHECK(transport.pauses == 1);
    auto reading = create_task(reader.readexactly(50));
    co_await let_run();
    CHECK(transport.resumes == 1);
    reader.feed_data(std::string(29, 'x'));
    const std::string fifty = co_await reading;
    CHECK(fifty.size() == 50);
  });
}

TEST_CASE("a reader that waits for more than twice the limit does not pause the transport") {
  run_by_hand([]() -> Coroutine<void> {
    CountingTransport transport;
    const StreamReader reader(10);
    reader.set_transport(transport);
    auto reading = create_task(reader.readexactly(50));
    co_await let_run();
    reader.feed_data(std::string(40, 'x'));
    CHECK(transport.pauses == 0);
    reader.feed_data(std::string(60, 'x'));
    CHECK(transport.pauses == 1);
    const std::string fifty = co_await reading;
    CHECK(fifty.size() == 50);
    CHECK(transport.resumes == 0);
  });
}

}  // namespace
