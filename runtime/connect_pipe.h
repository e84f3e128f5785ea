#pragma once

#include <cstddef>
#include <memory>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/stream.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// connect_read_pipe, connect_write_pipe: a stream over one end of any pipe. The program's own
// standard input, for one:
//
//     auto input = co_await connect_read_pipe(STDIN_FILENO);
//     while (auto line = co_await input.next()) ...
//
// asyncio's functions of these names return a transport and a protocol; whoever wants these has
// `pipe_transport.h`.

namespace rondo {

namespace detail {

/// The stream of a reading end, or of a writing one. The descriptor is not looked at.
std::shared_ptr<Stream> read_pipe(Loop& loop, FileDescriptor pipe, std::size_t limit);
std::shared_ptr<Stream> write_pipe(Loop& loop, FileDescriptor pipe);

}  // namespace detail

/// A reader over a pipe, a socket or a terminal, which is closed with the stream. `limit`: see
/// StreamReader. Throws ValueError for a regular file or a directory, which never keep anybody
/// waiting, and OSError when there is no such descriptor. See asyncio's loop.connect_read_pipe.
Coroutine<StreamReader> connect_read_pipe(FileDescriptor pipe,
                                          std::size_t limit = StreamReader::default_limit);
/// The same over a duplicate of a descriptor, which itself stays open and the caller's.
Coroutine<StreamReader> connect_read_pipe(int descriptor,
                                          std::size_t limit = StreamReader::default_limit);

/// A writer to a pipe, a socket or a terminal, which is closed with the stream. When nobody is left
/// to read from it, the stream closes: `is_closing` is true then, and `drain` throws. Throws as
/// `connect_read_pipe`. See asyncio's loop.connect_write_pipe.
Coroutine<StreamWriter> connect_write_pipe(FileDescriptor pipe);
/// The same over a duplicate of a descriptor.
Coroutine<StreamWriter> connect_write_pipe(int descriptor);

}  // namespace rondo
