#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>

#include <rondo/runtime/detail/file_operation.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/os.h>
#include <rondo/runtime/to_thread.h>

namespace rondo::os {

namespace {

using detail::Effort;

StatResult::Time time_of(const statx_timestamp& stamp) {
  return StatResult::Time(std::chrono::seconds(stamp.tv_sec) +
                          std::chrono::nanoseconds(stamp.tv_nsec));
}

StatResult result_of(const struct statx& facts) {
  StatResult result{};
  result.size = facts.stx_size;
  result.mode = facts.stx_mode;
  result.inode = facts.stx_ino;
  result.device = (std::uint64_t{facts.stx_dev_major} << 32) | facts.stx_dev_minor;
  result.links = facts.stx_nlink;
  result.uid = facts.stx_uid;
  result.gid = facts.stx_gid;
  result.mtime = time_of(facts.stx_mtime);
  result.atime = time_of(facts.stx_atime);
  result.ctime = time_of(facts.stx_ctime);
  return result;
}

/// 0, or a negative errno.
Coroutine<int> look_up(std::string path, std::uint32_t flags, struct statx& facts) {
  detail::check_path(path);
  Request request{Opcode::stat, AT_FDCWD, path.data()};
  request.flags = flags;
  request.second = &facts;
  co_return co_await detail::operate(request);
}

Coroutine<StatResult> stat_with(std::string path, std::uint32_t flags) {
  struct statx facts{};
  const int result = co_await look_up(path, flags, facts);
  if (result < 0) throw_os_error(-result, "stat " + path);
  co_return result_of(facts);
}

/// The kind of what the path leads to, S_IF...; 0 for nothing.
Coroutine<mode_t> kind_of(std::string path) {
  struct statx facts{};
  const int result = co_await look_up(path, 0, facts);
  if (result == -ENOENT || result == -ENOTDIR || result == -ELOOP) co_return 0;
  if (result < 0) throw_os_error(-result, "stat " + path);
  co_return facts.stx_mode& mode_t{S_IFMT};
}

Coroutine<void> unlink_with(std::string path, std::uint32_t flags, std::string what) {
  detail::check_path(path);
  Request request{Opcode::unlink, AT_FDCWD, path.data()};
  request.flags = flags;
  const int result = co_await detail::operate(request, Effort::once_begun);
  if (result < 0) throw_os_error(-result, what + " " + path);
}

/// 0, or a negative errno.
Coroutine<int> try_mkdir(std::string path, mode_t mode) {
  detail::check_path(path);
  const Request request{Opcode::mkdir, AT_FDCWD, path.data(), mode};
  co_return co_await detail::operate(request, Effort::once_begun);
}

/// The path without slashes at its end.
std::string without_last_slashes(const std::string& path) {
  return path.substr(0,
                     std::max<std::size_t>(path.find_last_not_of('/') + 1, path.empty() ? 0 : 1));
}

/// The path without its last part; empty when it has one part only.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string() : without_last_slashes(path.substr(0, slash));
}

mode_t kind_of_entry(const std::string& directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return DTTOIF(entry.d_type);
  struct ::stat facts{};  // a file system that does not tell
  const int result = ::lstat((directory + "/" + entry.d_name).c_str(), &facts);
  return result == 0 ? facts.st_mode & mode_t{S_IFMT} : 0;
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

std::vector<DirEntry> read_directory(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (directory == nullptr) throw_os_error(errno, "read directory " + path);
  std::vector<DirEntry> entries;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) throw_os_error(errno, "read directory " + path);
    if (entry == nullptr) return entries;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.emplace_back(path, std::string(name), kind_of_entry(path, *entry));
  }
}

}  // namespace

Coroutine<StatResult> stat(std::string path) {
  return stat_with(std::move(path), 0);
}

Coroutine<StatResult> lstat(std::string path) {
  return stat_with(std::move(path), AT_SYMLINK_NOFOLLOW);
}

Coroutine<bool> exists(std::string path) {
  const mode_t kind = co_await kind_of(std::move(path));
  co_return kind != 0;
}

Coroutine<bool> is_file(std::string path) {
  const mode_t kind = co_await kind_of(std::move(path));
  co_return kind == S_IFREG;
}

Coroutine<bool> is_dir(std::string path) {
  const mode_t kind = co_await kind_of(std::move(path));
  co_return kind == S_IFDIR;
}

Coroutine<void> rename(std::string from, std::string to) {
  detail::check_path(from);
  detail::check_path(to);
  Request request{Opcode::rename, AT_FDCWD, from.data()};
  request.second = to.data();
  const int result = co_await detail::operate(request, Effort::once_begun);
  if (result < 0) throw_os_error(-result, "rename " + from + " to " + to);
}

Coroutine<void> replace(std::string from, std::string to) {
  return rename(std::move(from), std::move(to));
}

Coroutine<void> unlink(std::string path) {
  return unlink_with(std::move(path), 0, "unlink");
}

Coroutine<void> remove(std::string path) {
  return unlink_with(std::move(path), 0, "remove");
}

Coroutine<void> rmdir(std::string path) {
  return unlink_with(std::move(path), AT_REMOVEDIR, "rmdir");
}

Coroutine<void> mkdir(std::string path, mode_t mode) {
  const int result = co_await try_mkdir(path, mode);
  if (result < 0) throw_os_error(-result, "mkdir " + path);
}

Coroutine<void> makedirs(std::string path, mode_t mode, Existing existing) {
  constexpr mode_t mode_of_parents = 0777;
  // Downwards from the first directory that there is; `missing` are those below, lowest first.
  std::vector<std::string> missing;
  std::string directory = without_last_slashes(path);
  int result = co_await try_mkdir(directory, mode);
  while (result == -ENOENT) {
    std::string parent = parent_of(directory);
    if (parent.empty()) break;
    missing.push_back(std::exchange(directory, std::move(parent)));
    result = co_await try_mkdir(directory, mode_of_parents);
  }
  while (!missing.empty() && (result == 0 || result == -EEXIST)) {
    directory = std::move(missing.back());
    missing.pop_back();
    result = co_await try_mkdir(directory, missing.empty() ? mode : mode_of_parents);
  }
  if (result == -EEXIST && existing == Existing::is_ok) {
    const bool is_directory = co_await is_dir(directory);
    if (is_directory) co_return;
  }
  if (result < 0) throw_os_error(-result, "makedirs " + directory);
}

Coroutine<void> makedirs(std::string path, Existing existing) {
  return makedirs(std::move(path), 0777, existing);
}

DirEntry::DirEntry(std::string directory, std::string name, mode_t kind)
    : directory_(std::move(directory)), name_(std::move(name)), kind_(kind) {}

std::string DirEntry::path() const {
  return directory_.ends_with('/') ? directory_ + name_ : directory_ + "/" + name_;
}

Coroutine<std::vector<std::string>> listdir(std::string path) {
  const std::vector<DirEntry> entries = co_await scandir(std::move(path));
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const DirEntry& entry : entries)
    names.push_back(entry.name());
  co_return names;
}

Coroutine<std::vector<DirEntry>> scandir(std::string path) {
  detail::check_path(path);
  co_return co_await to_thread(read_directory, std::move(path));
}

}  // namespace rondo::os
