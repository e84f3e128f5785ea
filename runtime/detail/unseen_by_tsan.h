#pragma once

// ThreadSanitizer knows only the synchronisation that it has compiled itself or that goes through
// the C library. That of libstdc++.so it does not see, and reports a race where there is none.

#if defined(__SANITIZE_THREAD__)
#define RONDO_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_UNDER_TSAN 1
#endif
#endif

#ifdef RONDO_UNDER_TSAN
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#endif

namespace rondo::detail {

/// While it lives, ThreadSanitizer overlooks what this thread writes and frees. To be used for
/// single lines that say why. Nothing without the sanitizer.
class UnseenByTsan {
 public:
#ifdef RONDO_UNDER_TSAN
  UnseenByTsan() noexcept { AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  ~UnseenByTsan() { AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
#else
  UnseenByTsan() noexcept {}  // not defaulted: a variable of this type is not unused
#endif
  UnseenByTsan(const UnseenByTsan&) = delete;
  UnseenByTsan& operator=(const UnseenByTsan&) = delete;
};

}  // namespace rondo::detail
