// Tells the thread sanitizer about absl::Mutex, CondVar and Notification. Debian's Abseil is not built with it, so
// without this every field that a mutex guards would look like a race. The linker sends the calls here (--wrap); linked
// into thread-sanitizer builds only. Not told of: what waits by a Condition, which Abseil reads within itself.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

using absl::CondVar;
using absl::Mutex;
using absl::Notification;

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

// CondVar::Wait, CondVar::WaitWithDeadline, Notification::Notify, Notification::WaitForNotification.
extern "C" {

void __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(CondVar*, Mutex*);
void __wrap__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(CondVar* condition, Mutex* mutex) {
  __tsan_release(mutex);
  __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(condition, mutex);
  __tsan_acquire(mutex);
}

bool __real__ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE(CondVar*, Mutex*, absl::Time);
bool __wrap__ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE(CondVar* condition, Mutex* mutex,
                                                                              absl::Time deadline) {
  __tsan_release(mutex);
  const bool late =
      __real__ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE(condition, mutex, deadline);
  __tsan_acquire(mutex);
  return late;
}

void __real__ZN4absl7debian312Notification6NotifyEv(Notification*);
void __wrap__ZN4absl7debian312Notification6NotifyEv(Notification* notification) {
  __tsan_release(notification);
  __real__ZN4absl7debian312Notification6NotifyEv(notification);
}

void __real__ZNK4absl7debian312Notification19WaitForNotificationEv(const Notification*);
void __wrap__ZNK4absl7debian312Notification19WaitForNotificationEv(const Notification* notification) {
  __real__ZNK4absl7debian312Notification19WaitForNotificationEv(notification);
  __tsan_acquire(const_cast<Notification*>(notification));
}

}  // extern "C"
