#include <algorithm>

#include <rondo/runtime/context.h>
#include <rondo/runtime/detail/task_base.h>

namespace rondo {

Context& Context::current() noexcept {
  if (entered_ != nullptr) return *entered_;
  return detail::running_task != nullptr ? detail::running_task->context() : of_thread();
}

Context& Context::of_thread() noexcept {
  static thread_local Context context;
  return context;
}

void Context::release_values() noexcept {
  if (values_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete values_;
}

Context::Value Context::find(const void* variable) const noexcept {
  if (values_ == nullptr) return nullptr;
  const auto entry = std::ranges::find(values_->entries, variable, &Entry::variable);
  return entry == values_->entries.end() ? nullptr : entry->value;
}

void Context::set(const void* variable, Value value) {
  auto changed = std::make_unique<Values>();
  if (values_ != nullptr) changed->entries = values_->entries;
  std::erase_if(changed->entries,
                [variable](const Entry& entry) { return entry.variable == variable; });
  if (value) changed->entries.push_back({variable, std::move(value)});
  release();
  values_ = changed.release();
}

}  // namespace rondo
