#include <fcntl.h>

#include <rondo/net/detail/socket_file.h>
#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

Request about(Opcode opcode, std::string& path) {
  Request request{opcode, AT_FDCWD};
  request.buffer = path.data();
  return request;
}

}  // namespace

Coroutine<void> remove_socket(std::string path) {
  struct statx found{};
  Request look = about(Opcode::stat, path);
  look.flags = AT_SYMLINK_NOFOLLOW;
  look.second = &found;
  const int looked = co_await perform(look);
  if (looked < 0 || !S_ISSOCK(found.stx_mode)) co_return;
  const Request remove = about(Opcode::unlink, path);
  const int result = co_await perform(remove);
  if (result < 0 && result != -ENOENT) {
    throw_os_error(-result, "remove the socket " + path + ", which is to be replaced");
  }
}

Coroutine<SocketFile> socket_file_at(std::string path) {
  struct statx found{};
  Request look = about(Opcode::stat, path);
  look.second = &found;
  const int looked = co_await perform(look);
  if (looked < 0) co_return SocketFile();
  co_return SocketFile(path, found);
}

}  // namespace rondo::detail
