#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/detail/populate.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/detail/timer_heap.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

class TestTimer final : public detail::Timer {
 public:
  explicit TestTimer(int name = 0) : number(name) {}
  void run() override {}
  int number;
  TimePoint deadline{};  // what it was armed for
};

void arm(detail::TimerHeap& heap, TestTimer& timer, TimePoint deadline) {
  timer.deadline = deadline;
  heap.arm(timer, deadline);
}

TEST_CASE("a timer heap gives back by deadline and, among equal ones, first in first out") {
  detail::TimerHeap heap;
  std::vector<TestTimer> timers(1000);
  for (int i = 0; i < 1000; ++i) {
    auto& timer = timers[static_cast<std::size_t>(i)];
    timer.number = i;
    arm(heap, timer, TimePoint(std::chrono::seconds(i * 7919 % 10)));
    CHECK(timer.armed());
  }
  std::pair<TimePoint, int> last(TimePoint(), -1);
  int out_of_order = 0;
  for (std::size_t left = 1000; left > 0; --left) {
    CHECK(heap.size() == left);
    const auto& timer = static_cast<TestTimer&>(heap.pop());
    const std::pair<TimePoint, int> next(timer.deadline, timer.number);
    if (next <= last) ++out_of_order;
    last = next;
    CHECK_FALSE(timer.armed());
  }
  CHECK(heap.empty());
  CHECK(out_of_order == 0);
}

TEST_CASE("timers are taken out of a heap from any place, and its order stays") {
  detail::TimerHeap heap;
  std::vector<TestTimer> timers(500);
  unsigned random = 1;
  for (auto& timer : timers) {
    random = random * 1664525 + 1013904223;
    arm(heap, timer, TimePoint(std::chrono::seconds(random >> 20)));
  }
  for (std::size_t i = 0; i < timers.size(); i += 2) {
    heap.disarm(timers[i]);
    heap.disarm(timers[i]);  // nothing happens
  }
  CHECK(heap.size() == 250);
  TimePoint last{};
  int wrong = 0;
  while (!heap.empty()) {
    const TimePoint first = heap.first_deadline();
    auto& timer = static_cast<TestTimer&>(heap.pop());
    const auto index = static_cast<std::size_t>(&timer - timers.data());
    if (timer.deadline != first || first < last || index % 2 == 0) ++wrong;
    last = first;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a heap that goes disarms its timers") {
  TestTimer survivor;
  {
    detail::TimerHeap heap;
    heap.arm(survivor, TimePoint(2s));
    CHECK(survivor.armed());
  }
  CHECK_FALSE(survivor.armed());
}

TEST_CASE("a ready queue gives back in order, and whatever goes leaves it") {
  detail::ReadyQueue queue;
  TestTimer first(1);
  TestTimer last(4);
  auto gone = std::make_unique<std::array<TestTimer, 2>>();
  queue.push_back(first);
  queue.push_back((*gone)[0]);
  queue.push_back((*gone)[1]);
  queue.push_back(last);
  for (TestTimer& each : *gone) {
    CHECK(each.is_ready());
    CHECK(queue.remove(each));
    CHECK_FALSE(queue.remove(each));
  }
  gone.reset();
  CHECK(&queue.pop_front() == &first);
  CHECK(&queue.pop_front() == &last);
  CHECK(queue.empty());
  CHECK_FALSE(last.is_ready());
}

TEST_CASE("only the pages that lie whole in populated memory are filled, and all of those") {
  constexpr std::size_t pages = 6;
  void* const memory = ::mmap(nullptr, pages * detail::page_size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const auto filled = [&] {
    std::array<unsigned char, pages> each{};
    REQUIRE(::mincore(memory, pages * detail::page_size, each.data()) == 0);
    return each;
  };

  char* const inside = static_cast<char*>(memory) + 100;
  detail::populate(inside, detail::page_size);  // parts of two pages
  CHECK(filled() == std::array<unsigned char, pages>{0, 0, 0, 0, 0, 0});
  detail::populate(inside, 4 * detail::page_size);
  CHECK(filled() == std::array<unsigned char, pages>{0, 1, 1, 1, 0, 0});
  ::munmap(memory, pages * detail::page_size);
}

/// Takes another one out of its queue when it runs.
class Remover final : public detail::Runnable {
 public:
  Remover(detail::ReadyQueue& from, detail::Runnable* whom) : queue(from), other(whom) {}
  void run() override {
    ++runs;
    if (other != nullptr) queue.remove(*other);
    if (comes_back) queue.push_back(*this);
  }
  detail::ReadyQueue& queue;
  detail::Runnable* other;
  bool comes_back = false;
  int runs = 0;
};

TEST_CASE("a batch is what is in the queue when it begins, less what is taken out meanwhile") {
  const auto run = [](detail::Runnable& runnable) { runnable.run(); };
  detail::ReadyQueue queue;
  TestTimer taken_out;
  Remover last(queue, nullptr);
  Remover first(queue, nullptr);

  SUBCASE("what comes back waits for the next batch") {
    first.comes_back = last.comes_back = true;
    queue.push_back(first);
    queue.push_back(last);
    queue.run_batch(run);
    CHECK(first.runs == 1);
    CHECK(last.runs == 1);
    CHECK(&queue.pop_front() == &first);
    CHECK(&queue.pop_front() == &last);
  }
  SUBCASE("its end is taken out, and something new comes") {
    first.comes_back = true;
    first.other = &taken_out;
    queue.push_back(first);
    queue.push_back(taken_out);
    queue.run_batch(run);
    CHECK(first.runs == 1);
    CHECK(&queue.pop_front() == &first);
  }
  SUBCASE("one in the middle is taken out") {
    first.other = &taken_out;
    queue.push_back(first);
    queue.push_back(taken_out);
    queue.push_back(last);
    queue.run_batch(run);
    CHECK(last.runs == 1);
  }
  CHECK(queue.empty());
}

struct Tag;

class Element : public detail::ListNode<Tag> {
 public:
  explicit Element(int value) : number(value) {}
  int number;
};

using List = detail::IntrusiveList<Element, Tag>;

std::vector<int> numbers(List& list) {
  std::vector<int> all;
  list.for_each_until([&all](Element& element) {
    all.push_back(element.number);
    return false;
  });
  return all;
}

TEST_CASE("an intrusive list is first in, first out, and owns nothing") {
  Element one(1);
  Element two(2);
  Element three(3);
  {
    List list;
    CHECK(list.empty());
    for (Element* element : {&one, &two, &three})
      list.push_back(*element);
    CHECK(numbers(list) == std::vector{1, 2, 3});
    two.unlink();
    two.unlink();
    CHECK_FALSE(two.linked());
    CHECK(numbers(list) == std::vector{1, 3});
    CHECK(&list.front() == &one);
    CHECK(&list.pop_front() == &one);
    list.push_back(two);
    CHECK(numbers(list) == std::vector{3, 2});
    {
      Element passing(4);
      list.push_back(passing);
    }
    CHECK(numbers(list) == std::vector{3, 2});
  }
  CHECK_FALSE(two.linked());
  CHECK_FALSE(three.linked());
}

TEST_CASE("one list takes over all of another, in order") {
  Element one(1);
  Element two(2);
  Element three(3);
  List first;
  List second;
  first.take_all(second);
  CHECK(first.empty());
  first.push_back(one);
  second.push_back(two);
  second.push_back(three);
  first.take_all(second);
  CHECK(second.empty());
  CHECK(numbers(first) == std::vector{1, 2, 3});
  second.take_all(first);
  CHECK(first.empty());
  CHECK(numbers(second) == std::vector{1, 2, 3});
}

TEST_CASE("a walk over a list may take out the element it is at, and end early") {
  Element one(1);
  Element two(2);
  Element three(3);
  List list;
  for (Element* element : {&one, &two, &three})
    list.push_back(*element);
  int visited = 0;
  list.for_each_until([&visited](Element& element) {
    ++visited;
    element.unlink();
    return element.number == 2;
  });
  CHECK(visited == 2);
  CHECK(numbers(list) == std::vector{3});
}

class Shared final : public detail::RefCounted<Shared> {
 public:
  Counted counted;
};

TEST_CASE("a counted object goes with its last reference") {
  {
    auto first = detail::make_ref<Shared>();
    CHECK(first->unique());
    auto second = first;
    CHECK_FALSE(first->unique());
    CHECK(first == second);
    auto moved = std::move(second);
    CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): it says so itself
    CHECK(moved);
    first = detail::Ref<Shared>();
    CHECK(moved->unique());
    auto& self = moved;
    moved = self;
    CHECK(Counted::alive == 1);
    moved = nullptr;
    CHECK(Counted::alive == 0);
  }
  CHECK(Counted::broken == 0);
}

TEST_CASE("the frame pool hands out memory of every size that does not overlap") {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t size = 1; size < 10'000; size += 61) {
    auto* block = static_cast<unsigned char*>(detail::allocate_frame(size));
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
    std::memset(block, static_cast<int>(blocks.size() % 251), size);
    blocks.emplace_back(block, size);
  }
  int spoilt = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    spoilt += std::any_of(block, block + size, [i](unsigned char c) { return c != i % 251; });
    detail::free_frame(block, size);
  }
  CHECK(spoilt == 0);
}

TEST_CASE("a frame may be freed on another thread than its own") {
  void* here = detail::allocate_frame(200);
  void* there = nullptr;
  std::thread([&] {
    detail::free_frame(here, 200);
    there = detail::allocate_frame(300);
    detail::free_frame(detail::allocate_frame(200), 200);
  }).join();
  detail::free_frame(there, 300);
  void* again = detail::allocate_frame(300);
  detail::free_frame(again, 300);
}

}  // namespace
}  // namespace rondo::testing
