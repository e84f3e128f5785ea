#include <algorithm>
#include <array>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/open_file.h>
#include <rondo/runtime/os.h>
#include <rondo/runtime/wait_for.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/sftp_state.h>
#include <rondo/ssh/process.h>
#include <rondo/ssh/sftp.h>

namespace rondo::ssh {

namespace {

using detail::SftpFilePtr;
using detail::SftpPtr;

constexpr std::uint32_t kind_of_file = LIBSSH2_SFTP_S_IFMT;

bool is_kind(const SFTPAttrs& attrs, std::uint32_t kind) noexcept {
  return attrs.permissions && (*attrs.permissions & kind_of_file) == kind;
}

unsigned length(const std::string& path) noexcept {
  return static_cast<unsigned>(path.size());
}

unsigned long flags_of(const std::string& mode) {
  unsigned long flags = 0;
  std::string kind;
  for (const char letter : mode) {
    if (letter == '+') flags = LIBSSH2_FXF_READ | LIBSSH2_FXF_WRITE;
    if (letter != '+' && letter != 'b' && letter != 't') kind += letter;
  }
  if (kind == "r") return flags | LIBSSH2_FXF_READ;
  flags |= LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT;
  if (kind == "w") return flags | LIBSSH2_FXF_TRUNC;
  if (kind == "a") return flags | LIBSSH2_FXF_APPEND;
  if (kind == "x") return flags | LIBSSH2_FXF_EXCL;
  throw ValueError("invalid mode: '" + mode + "'");
}

/// One call that needs nothing but the session and a path, as a request.
template <class Call>
Coroutine<int> make_call(SftpPtr sftp, std::string path, Call call) {
  const auto bound = [&] { return call(sftp->get(), path); };
  co_return co_await sftp->drive(bound, path);
}

template <class Call>
Coroutine<void> simple_request(SftpPtr sftp, std::string path, Call call) {
  auto request = make_call(sftp, std::move(path), std::move(call));
  co_await sftp->request(std::move(request));
}

Coroutine<SFTPAttrs> ask_for_attrs(SftpPtr sftp, std::string path, int kind) {
  LIBSSH2_SFTP_ATTRIBUTES attributes{};
  const auto call = [&] {
    return libssh2_sftp_stat_ex(sftp->get(), path.c_str(), length(path), kind, &attributes);
  };
  co_await sftp->drive(call, path);
  co_return detail::attrs_of(attributes);
}

Coroutine<SFTPAttrs> ask_for_handle_attrs(SftpFilePtr file) {
  LIBSSH2_SFTP_ATTRIBUTES attributes{};
  const auto call = [&] { return libssh2_sftp_fstat_ex(file->handle, &attributes, 0); };
  co_await file->sftp->drive(call, file->path);
  co_return detail::attrs_of(attributes);
}

Coroutine<std::string> ask_for_path(SftpPtr sftp, std::string path, int kind) {
  std::string answer(4096, '\0');
  const auto call = [&] {
    return libssh2_sftp_symlink_ex(sftp->get(), path.c_str(), length(path), answer.data(),
                                   length(answer), kind);
  };
  const int count = co_await sftp->drive(call, path);
  answer.resize(static_cast<std::size_t>(count));
  co_return answer;
}

Coroutine<void> make_link(SftpPtr sftp, std::string oldpath, std::string newpath) {
  // By value: a cancelled request goes on without this frame.
  const auto call = [oldpath](LIBSSH2_SFTP* with, std::string& at) {
    return libssh2_sftp_symlink_ex(with, oldpath.c_str(), length(oldpath), at.data(), length(at),
                                   LIBSSH2_SFTP_SYMLINK);
  };
  auto link = simple_request(sftp, newpath, call);
  std::exception_ptr error;
  try {
    co_await link;
  } catch (const SFTPError&) {
    error = std::current_exception();
  }
  if (!error) co_return;
  // libssh2 1.10 takes the server's yes for an error: so look what is there.
  auto question = ask_for_path(sftp, newpath, LIBSSH2_SFTP_READLINK);
  std::string target;
  try {
    target = co_await sftp->request(std::move(question));
  } catch (const SFTPError&) {
    target.clear();
  }
  if (target != oldpath) std::rethrow_exception(error);
}

void refuse_closed(const SftpFilePtr& file) {
  if (file->handle == nullptr) throw ValueError("I/O operation on closed file " + file->path);
}

Coroutine<std::string> read_file(SftpFilePtr file, std::ptrdiff_t size) {
  constexpr std::size_t block = 256 * 1024;
  refuse_closed(file);
  const std::size_t wanted = size < 0 ? SIZE_MAX : static_cast<std::size_t>(size);
  std::string all;
  while (all.size() < wanted) {
    const std::size_t next = std::min(block, wanted - all.size());
    auto request = detail::read_block(file, file->offset + all.size(), next);
    const std::string bytes = co_await file->sftp->request(std::move(request));
    all += bytes;
    if (bytes.size() < next) break;
  }
  file->offset += all.size();
  co_return all;
}

Coroutine<void> write_file(SftpFilePtr file, std::string bytes) {
  refuse_closed(file);
  const std::size_t size = bytes.size();
  auto request = detail::write_block(file, file->offset, std::move(bytes));
  co_await file->sftp->request(std::move(request));
  file->offset += size;
}

Coroutine<void> close_file(SftpFilePtr file) {
  LIBSSH2_SFTP_HANDLE* const handle = std::exchange(file->handle, nullptr);
  if (handle == nullptr) co_return;
  auto request = detail::close_handle(file->sftp, handle, file->path);
  co_await file->sftp->request(std::move(request));
}

/// Copies blocks until there are no more, and tells how far it has come.
template <class Read, class Write>
Coroutine<void> copy(Read read, Write write, std::string from, std::string to, std::uint64_t total,
                     SFTPCopyOptions options) {
  std::uint64_t done = 0;
  for (;;) {
    std::string block = co_await read(static_cast<std::ptrdiff_t>(options.block_size));
    if (block.empty()) break;
    done += block.size();
    co_await write(std::move(block));
    if (options.progress_handler) options.progress_handler(from, to, done, total);
  }
}

Coroutine<void> get_file(SFTPClient client, std::string from, std::string to,
                         SFTPCopyOptions options) {
  const SFTPClientFile source = co_await client.open(from);
  const SFTPAttrs attrs = co_await source.stat();
  co_await async_with(open_file(to, "w"), [&](File local) -> Coroutine<void> {
    const auto read = [&](std::ptrdiff_t size) { return source.read(size); };
    const auto write = [&](std::string block) { return local.write(std::move(block)); };
    co_await copy(read, write, from, to, attrs.size.value_or(0), options);
  });
  co_await source.close();
}

Coroutine<void> put_file(SFTPClient client, std::string from, std::string to,
                         SFTPCopyOptions options) {
  co_await async_with(open_file(from), [&](File local) -> Coroutine<void> {
    std::uint64_t total = 0;
    if (local.seekable()) {
      total = co_await local.seek(0, SEEK_END);
      co_await local.seek(0);
    }
    const SFTPClientFile target = co_await client.open(to, "w");
    const auto read = [&](std::ptrdiff_t size) { return local.read(size); };
    const auto write = [&](std::string block) { return target.write(std::move(block)); };
    co_await copy(read, write, from, to, total, options);
    co_await target.close();
  });
}

Coroutine<SFTPClientFile> open_remote(SftpPtr sftp, std::string path, std::string mode) {
  const unsigned long flags = flags_of(mode);
  auto request = detail::open_handle(sftp, std::move(path), flags, LIBSSH2_SFTP_OPENFILE);
  SftpFilePtr file = co_await sftp->request(std::move(request));
  co_return SFTPClientFile(std::move(file));
}

Coroutine<std::vector<SFTPName>> list(SftpPtr sftp, std::string path) {
  auto opening = detail::open_handle(sftp, std::move(path), 0, LIBSSH2_SFTP_OPENDIR);
  SftpFilePtr directory = co_await sftp->request(std::move(opening));
  auto reading = detail::read_entries(directory);
  std::vector<SFTPName> entries = co_await sftp->request(std::move(reading));
  co_await close_file(directory);
  co_return entries;
}

Coroutine<std::vector<std::string>> list_names(SftpPtr sftp, std::string path) {
  const std::vector<SFTPName> entries = co_await list(sftp, std::move(path));
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const SFTPName& entry : entries)
    names.push_back(entry.filename);
  co_return names;
}

Coroutine<bool> is_there(SFTPClient client, std::string path) {
  try {
    co_await client.stat(std::move(path));
  } catch (const SFTPError& error) {
    if (error.code() != LIBSSH2_FX_NO_SUCH_FILE) throw;
    co_return false;
  }
  co_return true;
}

Coroutine<LIBSSH2_SFTP*> open_sftp(std::shared_ptr<detail::Session> session) {
  LIBSSH2_SFTP* sftp = nullptr;
  const auto call = [&] {
    sftp = libssh2_sftp_init(session->get());
    return sftp != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  const int result = co_await session->drive(call);
  if (result != 0) detail::throw_refused(*session, "the server refuses SFTP");
  co_return sftp;
}

Coroutine<SftpPtr> make_state(std::shared_ptr<detail::Session> session) {
  LIBSSH2_SFTP* const sftp = co_await open_sftp(session);
  co_return std::make_shared<detail::SftpState>(std::move(session), sftp);
}

}  // namespace

SFTPCopyOptions::SFTPCopyOptions() = default;

bool SFTPAttrs::is_directory() const noexcept {
  return is_kind(*this, LIBSSH2_SFTP_S_IFDIR);
}
bool SFTPAttrs::is_regular() const noexcept {
  return is_kind(*this, LIBSSH2_SFTP_S_IFREG);
}
bool SFTPAttrs::is_symlink() const noexcept {
  return is_kind(*this, LIBSSH2_SFTP_S_IFLNK);
}

Coroutine<std::string> SFTPClientFile::read(std::ptrdiff_t size) const {
  return read_file(file_, size);
}
Coroutine<void> SFTPClientFile::write(std::string bytes) const {
  return write_file(file_, std::move(bytes));
}
void SFTPClientFile::seek(std::uint64_t offset) const noexcept {
  file_->offset = offset;
}
std::uint64_t SFTPClientFile::tell() const noexcept {
  return file_->offset;
}
Coroutine<SFTPAttrs> SFTPClientFile::stat() const {
  refuse_closed(file_);
  return file_->sftp->request(ask_for_handle_attrs(file_));
}
Coroutine<void> SFTPClientFile::close() const {
  return close_file(file_);
}

Coroutine<void> SFTPClient::get(std::string remotepath, std::string localpath,
                                SFTPCopyOptions options) const {
  return get_file(*this, std::move(remotepath), std::move(localpath), std::move(options));
}
Coroutine<void> SFTPClient::put(std::string localpath, std::string remotepath,
                                SFTPCopyOptions options) const {
  return put_file(*this, std::move(localpath), std::move(remotepath), std::move(options));
}
Coroutine<SFTPClientFile> SFTPClient::open(std::string path, std::string mode) const {
  return open_remote(state_, std::move(path), std::move(mode));
}
Coroutine<std::vector<SFTPName>> SFTPClient::readdir(std::string path) const {
  return list(state_, std::move(path));
}
Coroutine<std::vector<std::string>> SFTPClient::listdir(std::string path) const {
  return list_names(state_, std::move(path));
}
Coroutine<SFTPAttrs> SFTPClient::stat(std::string path) const {
  return state_->request(ask_for_attrs(state_, std::move(path), LIBSSH2_SFTP_STAT));
}
Coroutine<SFTPAttrs> SFTPClient::lstat(std::string path) const {
  return state_->request(ask_for_attrs(state_, std::move(path), LIBSSH2_SFTP_LSTAT));
}
Coroutine<bool> SFTPClient::exists(std::string path) const {
  return is_there(*this, std::move(path));
}
Coroutine<void> SFTPClient::chmod(std::string path, std::uint32_t mode) const {
  return simple_request(state_, std::move(path), [mode](LIBSSH2_SFTP* sftp, const std::string& at) {
    LIBSSH2_SFTP_ATTRIBUTES attributes{};
    attributes.flags = LIBSSH2_SFTP_ATTR_PERMISSIONS;
    attributes.permissions = mode;
    return libssh2_sftp_stat_ex(sftp, at.c_str(), length(at), LIBSSH2_SFTP_SETSTAT, &attributes);
  });
}
Coroutine<void> SFTPClient::remove(std::string path) const {
  return simple_request(state_, std::move(path), [](LIBSSH2_SFTP* sftp, const std::string& at) {
    return libssh2_sftp_unlink_ex(sftp, at.c_str(), length(at));
  });
}
Coroutine<void> SFTPClient::rename(std::string oldpath, std::string newpath) const {
  return simple_request(state_, std::move(oldpath),
                        [to = std::move(newpath)](LIBSSH2_SFTP* sftp, const std::string& from) {
                          return libssh2_sftp_rename_ex(sftp, from.c_str(), length(from),
                                                        to.c_str(), length(to), 0);
                        });
}
Coroutine<void> SFTPClient::mkdir(std::string path, std::uint32_t mode) const {
  return simple_request(state_, std::move(path), [mode](LIBSSH2_SFTP* sftp, const std::string& at) {
    return libssh2_sftp_mkdir_ex(sftp, at.c_str(), length(at), static_cast<long>(mode));
  });
}
Coroutine<void> SFTPClient::rmdir(std::string path) const {
  return simple_request(state_, std::move(path), [](LIBSSH2_SFTP* sftp, const std::string& at) {
    return libssh2_sftp_rmdir_ex(sftp, at.c_str(), length(at));
  });
}
Coroutine<std::string> SFTPClient::realpath(std::string path) const {
  return state_->request(ask_for_path(state_, std::move(path), LIBSSH2_SFTP_REALPATH));
}
Coroutine<void> SFTPClient::symlink(std::string oldpath, std::string newpath) const {
  return make_link(state_, std::move(oldpath), std::move(newpath));
}
Coroutine<std::string> SFTPClient::readlink(std::string path) const {
  return state_->request(ask_for_path(state_, std::move(path), LIBSSH2_SFTP_READLINK));
}

namespace detail {

/// Throws ChannelOpenError if the server has no subsystem of the name, or one that is something
/// else.
static Coroutine<void> look_for_sftp(std::shared_ptr<Session> session) {
  constexpr std::string_view hello("\0\0\0\5\1\0\0\0\3", 9);  // a client of version 3
  ProcessOptions options;
  options.subsystem = "sftp";
  const Process probe = co_await create_process(session, std::string(), std::move(options));
  probe.stdin_().write(hello);
  const std::string version = co_await probe.stdout_().read(4096);
  probe.stdin_().write_eof();
  // The server ends it: dropbear may never answer who closes a channel first. One that does not end
  // is left to itself.
  constexpr std::chrono::seconds patience(2);
  try {
    co_await wait_for(probe.wait(), patience);
  } catch (const TimeoutError&) {
    probe.close();
  }
  if (version.empty())
    throw ChannelOpenError(session->peer() + ": what the server calls SFTP says nothing");
}

Coroutine<SFTPClient> start_sftp(std::shared_ptr<Session> session) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  // libssh2 would turn in a circle when the server has no SFTP. So it is asked first.
  co_await look_for_sftp(session);
  const std::shared_ptr<Semaphore> control(session, &session->control());
  auto request = make_state(session);
  SftpPtr state = co_await finish_request(session, std::move(request), control);
  co_return SFTPClient(std::move(state));
}

}  // namespace detail

}  // namespace rondo::ssh
