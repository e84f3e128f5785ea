#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/errors.h>

// SFTPClient: files on a server; Connection::start_sftp_client makes one.
//
// One request is under way at a time; several tasks may share a client, and are served in order.
// Names are asyncssh's. A request that is cancelled is made to its end all the same, and nobody
// waits for it: a file that was to be removed may be gone.
//
// All methods throw SFTPError when the server refuses, and ConnectionLost.

namespace rondo::ssh {

namespace detail {
class Session;
class SftpFile;
class SftpState;
}  // namespace detail

/// The server's answer is an error.
class SFTPError : public Error {
 public:
  SFTPError(const std::string& text, unsigned long code, std::string path)
      : Error(text), code_(code), path_(std::move(path)) {}

  /// The server's number: 2 no such file, 3 permission denied, 4 failure of another kind, 8 not
  /// supported (more: draft-ietf-secsh-filexfer-02, 7). 0: the answer made no sense.
  unsigned long code() const noexcept { return code_; }
  const std::string& path() const noexcept { return path_; }

 private:
  unsigned long code_;
  std::string path_;
};

/// What is known of a file; what the server does not tell is empty.
class SFTPAttrs {
 public:
  SFTPAttrs() = default;

  std::optional<std::uint64_t> size;         ///< bytes
  std::optional<std::uint32_t> uid;          ///< the owner
  std::optional<std::uint32_t> gid;          ///< the group
  std::optional<std::uint32_t> permissions;  ///< st_mode: kind of file and rights
  std::optional<std::uint32_t> atime;        ///< last access, in seconds since 1970
  std::optional<std::uint32_t> mtime;        ///< last change

  bool is_directory() const noexcept;
  bool is_regular() const noexcept;
  bool is_symlink() const noexcept;
};

/// An entry of a directory.
class SFTPName {
 public:
  SFTPName() = default;

  std::string filename;  ///< as the server has it; may hold anything but a zero byte
  std::string longname;  ///< a line for people, as `ls -l` has it
  SFTPAttrs attrs;       ///< of the entry itself, as `lstat` tells them
};

/// How a file is copied.
class SFTPCopyOptions {
 public:
  SFTPCopyOptions();

  std::size_t block_size = 256 * 1024;  ///< bytes that are asked for or sent at a time
  /// Called after each block: from where, to where, bytes so far, bytes in all (0: not known).
  std::function<void(const std::string&, const std::string&, std::uint64_t, std::uint64_t)>
      progress_handler;
};

/// An open file on the server. A cheap handle; the last one closes it.
class SFTPClientFile {
 public:
  explicit SFTPClientFile(std::shared_ptr<detail::SftpFile> file) noexcept
      : file_(std::move(file)) {}

  /// `size` bytes, fewer only at the end of the file; all up to the end for a negative size. A
  /// cancelled read leaves the position where it was.
  Coroutine<std::string> read(std::ptrdiff_t size = -1) const;
  /// Writes all bytes. A cancelled write is done all the same.
  Coroutine<void> write(std::string bytes) const;
  /// Where the next read or write begins, in bytes from the beginning. One that was opened with "a"
  /// writes at the end, wherever that is.
  void seek(std::uint64_t offset) const noexcept;
  std::uint64_t tell() const noexcept;
  Coroutine<SFTPAttrs> stat() const;
  /// A second call does nothing.
  Coroutine<void> close() const;

 private:
  std::shared_ptr<detail::SftpFile> file_;
};

/// A cheap handle; when the last one goes, and the last file, the SFTP session is closed.
class SFTPClient {
 public:
  explicit SFTPClient(std::shared_ptr<detail::SftpState> state) noexcept
      : state_(std::move(state)) {}

  /// Copies a file from the server, or to it; a file at the destination is overwritten. What ends
  /// it early leaves a part there. The local file may throw an OSError.
  Coroutine<void> get(std::string remotepath, std::string localpath,
                      SFTPCopyOptions options = SFTPCopyOptions()) const;
  Coroutine<void> put(std::string localpath, std::string remotepath,
                      SFTPCopyOptions options = SFTPCopyOptions()) const;

  /// The modes are those of rondo::open_file. Throws ValueError for another one.
  Coroutine<SFTPClientFile> open(std::string path, std::string mode = "r") const;

  /// The entries of a directory without "." and "..", in the server's order; their names alone.
  Coroutine<std::vector<SFTPName>> readdir(std::string path = ".") const;
  Coroutine<std::vector<std::string>> listdir(std::string path = ".") const;

  /// Of what a symbolic link leads to; `lstat`: of the link itself.
  Coroutine<SFTPAttrs> stat(std::string path) const;
  Coroutine<SFTPAttrs> lstat(std::string path) const;
  Coroutine<bool> exists(std::string path) const;
  Coroutine<void> chmod(std::string path, std::uint32_t mode) const;
  Coroutine<void> remove(std::string path) const;
  /// Throws when there is something of the new name.
  Coroutine<void> rename(std::string oldpath, std::string newpath) const;
  Coroutine<void> mkdir(std::string path, std::uint32_t mode = 0777) const;
  Coroutine<void> rmdir(std::string path) const;
  Coroutine<std::string> realpath(std::string path) const;
  Coroutine<void> symlink(std::string oldpath, std::string newpath) const;
  Coroutine<std::string> readlink(std::string path) const;

 private:
  std::shared_ptr<detail::SftpState> state_;
};

namespace detail {

Coroutine<SFTPClient> start_sftp(std::shared_ptr<Session> session);

}  // namespace detail

}  // namespace rondo::ssh
