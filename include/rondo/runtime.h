#pragma once

// The whole runtime: the event loop and asyncio's vocabulary.

#include <rondo/runtime/as_completed.h>
#include <rondo/runtime/async_generator.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/barrier.h>
#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/collect.h>
#include <rondo/runtime/condition.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/decorators.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/event.h>
#include <rondo/runtime/exception_group.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/generator.h>
#include <rondo/runtime/generator_exit.h>
#include <rondo/runtime/lock.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/outcome.h>
#include <rondo/runtime/queue.h>
#include <rondo/runtime/run.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/shield.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/stepper.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/runtime/task.h>
#include <rondo/runtime/task_group.h>
#include <rondo/runtime/timeout.h>
#include <rondo/runtime/wait.h>
#include <rondo/runtime/wait_for.h>
