#pragma once

// A doubly linked list whose links lie in the elements themselves.
//
// The loop's queues are such lists, so that putting a task on the ready queue allocates nothing and
// taking it off again costs four stores. One invariant: an element is in at most one list for each
// tag, and its destructor takes it out, so no list ever holds a dead element.

namespace rondo::detail {

/// The links of one element. `Tag` tells apart the lists that one object can be in at the same
/// time.
template <class Tag>
class ListNode {
 public:
  ListNode() noexcept = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const noexcept { return next_ != nullptr; }

  /// Takes the element out of its list; nothing happens when it is in none.
  void unlink() noexcept {
    if (!linked()) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

 private:
  template <class T, class OtherTag>
  friend class IntrusiveList;

  ListNode* previous_ = nullptr;  // null: in no list
  ListNode* next_ = nullptr;      // null: in no list
};

/// A first-in, first-out list of `T`, which derives from `ListNode<Tag>`. It owns nothing.
template <class T, class Tag>
class IntrusiveList {
  using Node = ListNode<Tag>;

 public:
  IntrusiveList() noexcept { head_.previous_ = head_.next_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty())
      head_.next_->unlink();
    head_.previous_ = head_.next_ = nullptr;
  }

  bool empty() const noexcept { return head_.next_ == &head_; }

  void push_back(T& element) noexcept {
    Node& node = element;
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }

  T& front() const noexcept { return static_cast<T&>(*head_.next_); }

  T& back() const noexcept { return static_cast<T&>(*head_.previous_); }

  T& pop_front() noexcept {
    T& element = front();
    static_cast<Node&>(element).unlink();
    return element;
  }

  /// Moves all of `other` to the end of this list, in order.
  void take_all(IntrusiveList& other) noexcept {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.previous_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
    other.head_.previous_ = other.head_.next_ = &other.head_;
  }

  /// Calls `visit` for each element in order. `visit` may take out the element that it is given,
  /// and no other one; it ends the walk by returning true.
  template <class Visit>
  void for_each_until(Visit visit) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      if (visit(static_cast<T&>(*node))) return;
      node = next;
    }
  }

 private:
  Node head_;  // the ring's fixed point: its next_ is the first element, its previous_ the last
};

}  // namespace rondo::detail
