#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <rondo/runtime/semaphore.h>
#include <rondo/ssh/detail/request.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/sftp.h>

// One SFTP session: libssh2's, and the order of its requests, whose state lies in there.

namespace rondo::ssh::detail {

class SftpState : public std::enable_shared_from_this<SftpState> {
 public:
  SftpState(std::shared_ptr<Session> session, LIBSSH2_SFTP* sftp) noexcept
      : session_(std::move(session)), sftp_(sftp) {}
  SftpState(const SftpState&) = delete;
  SftpState& operator=(const SftpState&) = delete;
  /// Closes it in a task of its own.
  ~SftpState();

  Session& session() const noexcept { return *session_; }
  LIBSSH2_SFTP* get() const noexcept { return sftp_; }

  /// Makes a request in its turn and to its end.
  template <class T>
  Coroutine<T> request(Coroutine<T> coroutine) {
    if (session_->is_closing()) std::rethrow_exception(session_->lost_error());
    return finish_request(session_, std::move(coroutine),
                          std::shared_ptr<Semaphore>(shared_from_this(), &turn_));
  }
  /// Drives a call and throws SFTPError if it fails; its result.
  template <class Call>
  Coroutine<int> drive(Call call, const std::string& path) {
    const int result = co_await session_->drive(call);
    if (result < 0) throw_error(result, path);
    co_return result;
  }
  [[noreturn]] void throw_error(int result, const std::string& path) const;

 private:
  std::shared_ptr<Session> session_;
  LIBSSH2_SFTP* sftp_;
  Semaphore turn_{1};
};

using SftpPtr = std::shared_ptr<SftpState>;

class SftpFile {
 public:
  SftpFile(SftpPtr client, LIBSSH2_SFTP_HANDLE* open, std::string name) noexcept
      : sftp(std::move(client)), handle(open), path(std::move(name)) {}
  SftpFile(const SftpFile&) = delete;
  SftpFile& operator=(const SftpFile&) = delete;
  /// Closes it in a task of its own.
  ~SftpFile();

  const SftpPtr sftp;
  LIBSSH2_SFTP_HANDLE* handle;  // null once it is closed
  const std::string path;
  std::uint64_t offset = 0;  // where the next read or write begins
};

using SftpFilePtr = std::shared_ptr<SftpFile>;

// The requests themselves, each to be handed to SftpState::request.

/// `directory`: to be read by read_entries.
Coroutine<SftpFilePtr> open_handle(SftpPtr sftp, std::string path, unsigned long flags, int what);
Coroutine<std::string> read_block(SftpFilePtr file, std::uint64_t offset, std::size_t size);
Coroutine<void> write_block(SftpFilePtr file, std::uint64_t offset, std::string bytes);
Coroutine<void> close_handle(SftpPtr sftp, LIBSSH2_SFTP_HANDLE* handle, std::string path);
Coroutine<std::vector<SFTPName>> read_entries(SftpFilePtr directory);
SFTPAttrs attrs_of(const LIBSSH2_SFTP_ATTRIBUTES& attributes) noexcept;

}  // namespace rondo::ssh::detail
