// Tells the thread sanitizer about absl::Mutex. Debian's Abseil is not built with it, so without this every field that
// a mutex guards would look like a race. The linker sends the calls here (--wrap); linked into thread-sanitizer builds
// only.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"

using absl::Mutex;

#define NBO_ACQUIRES(symbol)                      \
  extern "C" void __real_##symbol(Mutex*);        \
  extern "C" void __wrap_##symbol(Mutex* mutex) { \
    __real_##symbol(mutex);                       \
    __tsan_acquire(mutex);                        \
  }
#define NBO_RELEASES(symbol)                      \
  extern "C" void __real_##symbol(Mutex*);        \
  extern "C" void __wrap_##symbol(Mutex* mutex) { \
    __tsan_release(mutex);                        \
    __real_##symbol(mutex);                       \
  }

NBO_ACQUIRES(_ZN4absl7debian35Mutex4LockEv)
NBO_RELEASES(_ZN4absl7debian35Mutex6UnlockEv)
NBO_ACQUIRES(_ZN4absl7debian35Mutex10ReaderLockEv)
NBO_RELEASES(_ZN4absl7debian35Mutex12ReaderUnlockEv)
