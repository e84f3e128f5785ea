#include <algorithm>
#include <array>

#include <rondo/ssh/detail/sftp_state.h>

namespace rondo::ssh::detail {

namespace {

const char* words_for(unsigned long code) noexcept {
  switch (code) {
    case LIBSSH2_FX_EOF:
      return "there is no more";
    case LIBSSH2_FX_NO_SUCH_FILE:
    case LIBSSH2_FX_NO_SUCH_PATH:
      return "no such file or directory";
    case LIBSSH2_FX_PERMISSION_DENIED:
      return "permission denied";
    case LIBSSH2_FX_FAILURE:
      return "the server says only that it failed";
    case LIBSSH2_FX_OP_UNSUPPORTED:
      return "the server cannot do that";
    case LIBSSH2_FX_FILE_ALREADY_EXISTS:
      return "the file exists";
    case LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM:
      return "no space is left";
    default:
      return "the server refuses";
  }
}

Coroutine<void> shut_down(std::shared_ptr<Session> session, LIBSSH2_SFTP* sftp) {
  const auto call = [&] { return libssh2_sftp_shutdown(sftp); };
  co_await session->drive(call);
}

/// Runs a request that nobody waits for.
Coroutine<void> forget(Coroutine<void> request) {
  try {
    co_await request;
  } catch (const Error&) {
    // The connection has ended, and so has what was to be closed.
  }
}

}  // namespace

SftpState::~SftpState() {
  if (session_->is_closing()) return;
  try {
    const std::shared_ptr<Semaphore> control(session_, &session_->control());
    create_task_on(session_->loop(),
                   forget(finish_request(session_, shut_down(session_, sftp_), control)));
  } catch (const RuntimeError&) {
    // The loop is closed; the connection ends with it.
  }
}

SftpFile::~SftpFile() {
  if (handle == nullptr || sftp->session().is_closing()) return;
  try {
    create_task_on(sftp->session().loop(), forget(sftp->request(close_handle(sftp, handle, path))));
  } catch (const RuntimeError&) {
    // As above.
  }
}

void SftpState::throw_error(int result, const std::string& path) const {
  if (session_->lost()) std::rethrow_exception(session_->lost_error());
  const std::string about = session_->peer() + ": SFTP: \"" + path + "\": ";
  if (result != LIBSSH2_ERROR_SFTP_PROTOCOL) {
    throw SFTPError(about + session_->last_error(), LIBSSH2_FX_OK, path);
  }
  const unsigned long code = libssh2_sftp_last_error(sftp_);
  throw SFTPError(about + words_for(code) + " (" + std::to_string(code) + ")", code, path);
}

SFTPAttrs attrs_of(const LIBSSH2_SFTP_ATTRIBUTES& attributes) noexcept {
  SFTPAttrs attrs;
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_SIZE) != 0) attrs.size = attributes.filesize;
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_UIDGID) != 0) {
    attrs.uid = static_cast<std::uint32_t>(attributes.uid);
    attrs.gid = static_cast<std::uint32_t>(attributes.gid);
  }
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) != 0) {
    attrs.permissions = static_cast<std::uint32_t>(attributes.permissions);
  }
  if ((attributes.flags & LIBSSH2_SFTP_ATTR_ACMODTIME) != 0) {
    attrs.atime = static_cast<std::uint32_t>(attributes.atime);
    attrs.mtime = static_cast<std::uint32_t>(attributes.mtime);
  }
  return attrs;
}

Coroutine<SftpFilePtr> open_handle(SftpPtr sftp, std::string path, unsigned long flags, int what) {
  constexpr long rights = 0666;  // less the server's umask
  LIBSSH2_SFTP_HANDLE* handle = nullptr;
  const auto call = [&] {
    handle = libssh2_sftp_open_ex(sftp->get(), path.c_str(), static_cast<unsigned>(path.size()),
                                  flags, rights, what);
    return handle != nullptr ? 0 : libssh2_session_last_errno(sftp->session().get());
  };
  co_await sftp->drive(call, path);
  co_return std::make_shared<SftpFile>(sftp, handle, std::move(path));
}

Coroutine<std::string> read_block(SftpFilePtr file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t count = 0;
  // Moving to where it stands already would cost what libssh2 has asked for in advance.
  if (libssh2_sftp_tell64(file->handle) != offset) libssh2_sftp_seek64(file->handle, offset);
  const auto call = [&] {
    return static_cast<int>(libssh2_sftp_read(file->handle, bytes.data() + count, size - count));
  };
  while (count < size) {
    const int more = co_await file->sftp->drive(call, file->path);
    if (more == 0) break;
    count += static_cast<std::size_t>(more);
  }
  bytes.resize(count);
  co_return bytes;
}

Coroutine<void> write_block(SftpFilePtr file, std::uint64_t offset, std::string bytes) {
  std::size_t count = 0;
  if (libssh2_sftp_tell64(file->handle) != offset) libssh2_sftp_seek64(file->handle, offset);
  const auto call = [&] {
    return static_cast<int>(
        libssh2_sftp_write(file->handle, bytes.data() + count, bytes.size() - count));
  };
  while (count < bytes.size()) {
    const int more = co_await file->sftp->drive(call, file->path);
    count += static_cast<std::size_t>(more);
  }
}

Coroutine<void> close_handle(SftpPtr sftp, LIBSSH2_SFTP_HANDLE* handle, std::string path) {
  const auto call = [&] { return libssh2_sftp_close_handle(handle); };
  co_await sftp->drive(call, path);
}

Coroutine<std::vector<SFTPName>> read_entries(SftpFilePtr directory) {
  std::string name(4096, '\0');
  std::string line(4096, '\0');
  LIBSSH2_SFTP_ATTRIBUTES attributes{};
  std::vector<SFTPName> entries;
  const auto call = [&] {
    line[0] = '\0';
    return libssh2_sftp_readdir_ex(directory->handle, name.data(), name.size(), line.data(),
                                   line.size(), &attributes);
  };
  for (;;) {
    const int length = co_await directory->sftp->drive(call, directory->path);
    if (length == 0) break;
    SFTPName entry;
    entry.filename = name.substr(0, static_cast<std::size_t>(length));
    entry.longname = line.substr(0, line.find('\0'));
    entry.attrs = attrs_of(attributes);
    if (entry.filename != "." && entry.filename != "..") entries.push_back(std::move(entry));
  }
  co_return entries;
}

}  // namespace rondo::ssh::detail
