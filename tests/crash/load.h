// Clients of one running server: streams, unary calls and requests for offers, all at once.
#ifndef NBO_TESTS_CRASH_LOAD_H_
#define NBO_TESTS_CRASH_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "tests/crash/events.h"
#include "tests/crash/ledger.h"

namespace nbo::crash {

struct LoadOptions {
  int streams = 4;
  int unary_threads = 1;
  bool offers = true;
  size_t window = 256;  // messages of a stream without an answer
};

// Sends from its construction on. Call ExpectDeath before the server is killed, and Join in any case.
class Load {
 public:
  Load(int port, const EventShape& shape, const LoadOptions& options, Script* script);
  ~Load();

  // False if nothing was answered within a minute.
  bool AwaitFirstAnswer() { return first_answer_.WaitForNotificationWithTimeout(absl::Minutes(1)); }
  // Until now a broken call is a complaint.
  void ExpectDeath() { dying_ = true; }
  // Waits until the script has nothing more or the server is gone.
  void Join();

  int64_t offers_answered() const { return offers_answered_; }
  // What must not happen while the server lives.
  std::vector<std::string> complaints() const;

 private:
  struct Stream;
  void RunStream();
  void ReadAnswers(Stream* stream);
  void RunUnary(int thread);
  void RunOffers();
  Event EventOf(const Task& task) const;
  // Sends one event with a call of its own. False if the server is gone.
  bool SendAlone(const Task& task, const Event& event, v1::EventService::Stub* stub);
  void Answered(const Task& task, Answer answer, const std::string& message);
  void Complain(const std::string& what, const grpc::Status& status);
  std::shared_ptr<grpc::Channel> Connect() const;

  const int port_;
  const EventShape shape_;
  const LoadOptions options_;
  Script* const script_;
  std::atomic<bool> dying_{false};
  std::atomic<bool> answered_{false};
  std::atomic<bool> receipts_done_{false};
  std::atomic<int64_t> offers_answered_{0};
  absl::Notification first_answer_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> complaints_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> senders_;
  std::thread asker_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_LOAD_H_
