#include "tests/bench/load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/bench/workload.h"

namespace nbo::bench {
namespace {

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

void SleepUntilNs(int64_t when) {
  const timespec at{static_cast<time_t>(when / 1000000000), static_cast<long>(when % 1000000000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

// Cuts the making of a request to a copy: the part without the customer comes from a few prepared ones, and messages
// concatenated are messages merged.
class RequestSource {
 public:
  RequestSource(const LoadOptions& options, uint64_t stream)
      : random_(options.seed * 1000003 + stream),
        next_id_((stream << 48) ^ static_cast<uint64_t>(absl::GetCurrentTimeNanos())) {
    for (int i = 0; i < 512; ++i) {
      bodies_.push_back(MakeOfferRequest(options.basket_lines, &random_).SerializeAsString());
    }
    customers_ = static_cast<uint64_t>(std::max(1, options.customers));
  }

  grpc::ByteBuffer Next() {
    customer_.mutable_customer()->set_customer_id(CustomerId(static_cast<int>(random_() % customers_)));
    // One of its own, also over runs: an answer that is only given again costs less.
    customer_.set_request_id(absl::StrFormat("%016x", next_id_++));
    customer_.SerializeToString(&bytes_);
    bytes_ += bodies_[random_() % bodies_.size()];
    grpc::Slice slice(bytes_);
    return grpc::ByteBuffer(&slice, 1);
  }

 private:
  Random random_;
  uint64_t next_id_;
  std::vector<std::string> bodies_;
  uint64_t customers_;
  v1::GetOffersRequest customer_;
  std::string bytes_;
};

struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  int64_t start_ns;  // when it was due, in the open loop
  size_t request_bytes;
};

struct Schedule {
  int64_t begin_ns, measure_ns, end_ns;
};

// One completion queue and its thread; in the open loop also the thread that sends.
class Worker {
 public:
  Worker(const LoadOptions& options, int index, std::vector<std::shared_ptr<grpc::Channel>> channels)
      : options_(options), source_(options, static_cast<uint64_t>(index)) {
    for (const auto& channel : channels) stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
  }

  // `share` of the calls under way.
  void RunClosed(const Schedule& schedule, int share) {
    for (int i = 0; i < share; ++i) Send(NowNs());
    Complete([&](const Call& call, int64_t now) {
      if (now < schedule.end_ns) Send(NowNs());
      return now >= schedule.measure_ns && now < schedule.end_ns;
    });
  }

  // Sends call i at begin + i * interval, however the calls before it fare.
  void RunOpen(const Schedule& schedule, double interval_ns, int max_pending) {
    ++pending_;  // the sender's own, so that the queue is not seen empty between two calls
    std::thread sender([&] {
      prctl(PR_SET_TIMERSLACK, 1000UL);
      for (int64_t i = 0;; ++i) {
        const int64_t due = schedule.begin_ns + static_cast<int64_t>(static_cast<double>(i) * interval_ns);
        if (due >= schedule.end_ns) break;
        if (NowNs() < due) SleepUntilNs(due);
        if (pending_.load() > max_pending) {
          ++unsent_;
          continue;
        }
        if (due >= schedule.measure_ns) lateness_.Add(NowNs() - due);
        Send(due);
      }
      if (--pending_ == 0) queue_.Shutdown();
    });
    Complete([&](const Call& call, int64_t) { return call.start_ns >= schedule.measure_ns; });
    sender.join();
    result_.lateness_ns = lateness_;
    result_.unsent = unsent_;
  }

  const LoadResult& result() const { return result_; }

 private:
  void Send(int64_t start_ns) {
    auto* call = new Call;
    call->start_ns = start_ns;
    call->context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(options_.timeout));
    const grpc::ByteBuffer request = source_.Next();
    call->request_bytes = request.Length();
    ++pending_;
    call->reader = stubs_[next_stub_++ % stubs_.size()]->PrepareUnaryCall(
        &call->context, "/nbo.v1.DecisionService/GetOffers", request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }

  // Ends when no call is under way. `counts` says whether a call belongs to the measured ones, and may send another.
  template <typename Counts>
  void Complete(Counts counts) {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      const int64_t now = NowNs();
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      ++result_.completed;
      const bool counted = counts(*call, now);
      if (!call->status.ok()) {
        ++result_.errors[call->status.error_code()];
      } else {
        result_.request_bytes += static_cast<int64_t>(call->request_bytes);
        result_.response_bytes += static_cast<int64_t>(call->response.Length());
        result_.measured += counted;
        Keep(*call);
      }
      if (counted) result_.latency_ns.Add(now - call->start_ns);  // an error's time is part of what a caller sees
      if (--pending_ == 0) queue_.Shutdown();
    }
  }

  void Keep(const Call& call) {
    if (result_.answers.size() >= options_.keep_answers) return;
    grpc::Slice slice;
    if (call.response.DumpToSingleSlice(&slice).ok()) {
      result_.answers.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }

  const LoadOptions& options_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  std::atomic<int> pending_{0};
  // Of the thread that sends: the completing one in the closed loop, the sender in the open.
  RequestSource source_;
  size_t next_stub_ = 0;
  Histogram lateness_;
  int64_t unsent_ = 0;
  // Of the completing thread.
  LoadResult result_;
};

std::vector<std::shared_ptr<grpc::Channel>> Connect(const LoadOptions& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < std::max(options.connections, options.threads); ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channels.push_back(grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments));
    channels.back()->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }
  return channels;
}

void Merge(const LoadResult& from, LoadResult* into) {
  into->latency_ns.Merge(from.latency_ns);
  into->lateness_ns.Merge(from.lateness_ns);
  into->measured += from.measured;
  into->completed += from.completed;
  into->unsent += from.unsent;
  into->request_bytes += from.request_bytes;
  into->response_bytes += from.response_bytes;
  for (const auto& [code, count] : from.errors) into->errors[code] += count;
  into->answers.insert(into->answers.end(), from.answers.begin(), from.answers.end());
}

}  // namespace

LoadResult RunLoad(const LoadOptions& options) {
  const auto channels = Connect(options);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    std::vector<std::shared_ptr<grpc::Channel>> own;
    for (size_t c = static_cast<size_t>(i); c < channels.size(); c += options.threads) own.push_back(channels[c]);
    workers.push_back(std::make_unique<Worker>(options, i, std::move(own)));
  }
  const int64_t begin = NowNs();
  const int64_t measure = begin + absl::ToInt64Nanoseconds(options.warm_up);
  const Schedule schedule{begin, measure, measure + absl::ToInt64Nanoseconds(options.duration)};
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&, i] {
      if (options.rate > 0) {
        // The threads take turns.
        const double interval_ns = 1e9 * options.threads / options.rate;
        Schedule own = schedule;
        own.begin_ns += static_cast<int64_t>(interval_ns * i / options.threads);
        workers[i]->RunOpen(own, interval_ns, std::max(1, options.max_pending / options.threads));
      } else {
        const int share = options.concurrency / options.threads + (i < options.concurrency % options.threads);
        if (share > 0) workers[i]->RunClosed(schedule, share);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  LoadResult result;
  for (const auto& worker : workers) Merge(worker->result(), &result);
  return result;
}

}  // namespace nbo::bench
