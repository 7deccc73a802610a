// nbo_bench_ingest: prepared receipts over RecordPurchases streams, as fast as they are acknowledged or at a rate;
// prints one JSON object.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/sync_stream.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "nbo/v1/event_service.pb.h"
#include "tests/bench/histogram.h"
#include "tests/bench/ingest_plan.h"

namespace nbo::bench {
namespace {

struct Options {
  std::string server;
  int streams = 1;
  double rate = 0;  // receipts a second over all streams; 0: as fast as flow control lets them through
  double warm_up = 0;
  IngestPlan plan;
};

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// What comes due within this time is sent together, as a connector does that polls its source: the client shall take
// little of the cores that it shares with the server.
constexpr absl::Duration kTick = absl::Milliseconds(2);

// One stream with its connection. It sends receipts `index`, `index + streams`, ... of the plan.
class Stream {
 public:
  Stream(const Options& options, int index) : options_(options), index_(index) {}

  // Serializes everything beforehand: while it is measured, the client takes as little CPU as it can.
  void Prepare() {
    v1::RecordPurchasesRequest request;
    for (int64_t i = index_; i < options_.plan.receipts; i += options_.streams) {
      FillIngested(options_.plan, options_.plan.first + i, request.mutable_purchase());
      const std::string bytes = request.SerializeAsString();
      grpc::Slice slice(bytes);
      messages_.emplace_back(&slice, 1);
    }
    sent_at_.resize(messages_.size());
  }

  void Connect() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each stream has its connection
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel_ = grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(), arguments);
    channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }

  void Run(absl::Time start) {
    // What the generated stub does, but with bytes in the place of messages.
    const grpc::internal::RpcMethod method("/nbo.v1.EventService/RecordPurchases",
                                           grpc::internal::RpcMethod::BIDI_STREAMING, channel_);
    grpc::ClientContext context;
    const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, v1::RecordPurchasesResponse>> stream(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, v1::RecordPurchasesResponse>::Create(
            channel_.get(), method, &context));
    std::thread reader([&] {
      v1::RecordPurchasesResponse response;
      while (stream->Read(&response)) Note(response);
    });
    const double interval_us = options_.rate > 0 ? 1e6 / options_.rate : 0;
    for (size_t i = 0; i < messages_.size(); ++i) {
      grpc::WriteOptions write;
      if (options_.rate > 0) {
        // On schedule, however the ones before fared; latency counts from when it was due.
        const auto number = static_cast<double>(i) * options_.streams + index_;
        const absl::Time due = start + absl::Microseconds(number * interval_us);
        if (const absl::Duration wait = due - absl::Now(); wait > absl::ZeroDuration()) absl::SleepFor(wait + kTick);
        sent_at_[i] = absl::ToUnixMicros(due);
        const absl::Time next = due + absl::Microseconds(interval_us * options_.streams);
        if (i + 1 < messages_.size() && next < absl::Now()) write.set_buffer_hint();
      } else {
        sent_at_[i] = absl::GetCurrentTimeNanos() / 1000;
        if (i + 1 < messages_.size() && i % 64 != 63) write.set_buffer_hint();
      }
      if (!stream->Write(messages_[i], write)) break;
      messages_[i].Clear();
      sent_.store(i + 1, std::memory_order_release);
    }
    stream->WritesDone();
    reader.join();
    status_ = stream->Finish();
  }

  Histogram latency_us_;  // from sending (or when it was due) to the acknowledgement
  int64_t accepted_ = 0, duplicates_ = 0, rejected_ = 0;
  grpc::Status status_;

 private:
  void Note(const v1::RecordPurchasesResponse& response) {
    const int64_t now = absl::GetCurrentTimeNanos() / 1000;
    const auto through = static_cast<size_t>(response.acknowledged_through());
    const auto skipped = static_cast<size_t>(options_.warm_up * options_.rate / options_.streams);
    // What is acknowledged was written; `sent_` follows a moment later.
    while (sent_.load(std::memory_order_acquire) + 1 < through) std::this_thread::yield();
    for (; acknowledged_ < through && acknowledged_ < sent_at_.size(); ++acknowledged_) {
      if (acknowledged_ >= skipped) latency_us_.Add(now - sent_at_[acknowledged_]);
    }
    accepted_ += response.accepted_count();
    duplicates_ += response.duplicate_sequences_size();
    if (response.rejections_size() > 0 && rejected_ == 0) {
      std::fprintf(stderr, "rejected: %s\n", response.rejections(0).message().c_str());
    }
    rejected_ += response.rejections_size();
  }

  const Options& options_;
  const int index_;
  std::shared_ptr<grpc::Channel> channel_;
  std::vector<grpc::ByteBuffer> messages_;
  std::vector<int64_t> sent_at_;  // microseconds since the epoch
  std::atomic<size_t> sent_{0};
  size_t acknowledged_ = 0;  // of the reader
};

template <typename Step>
void ForEach(std::vector<std::unique_ptr<Stream>>* streams, Step step) {
  std::vector<std::thread> threads;
  for (auto& stream : *streams) threads.emplace_back([&] { step(stream.get()); });
  for (std::thread& thread : threads) thread.join();
}

int Main(int argc, char** argv) {
  CLI::App app("Sends receipts of random customers to a filled nbod. Prints JSON.");
  Options options;
  app.add_option("--server", options.server, "host:port")->required();
  app.add_option("--streams", options.streams, "at once")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--rate", options.rate, "receipts a second; 0: as many as are acknowledged")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds whose latencies do not count, with --rate");
  AddOptions(&app, &options.plan);
  CLI11_PARSE(app, argc, argv);

  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < options.streams; ++i) streams.push_back(std::make_unique<Stream>(options, i));
  ForEach(&streams, [](Stream* stream) {
    stream->Prepare();
    stream->Connect();
  });
  const double cpu_before = CpuSeconds();
  const absl::Time start = absl::Now();
  ForEach(&streams, [start](Stream* stream) { stream->Run(start); });
  const double seconds = std::max(1e-9, absl::ToDoubleSeconds(absl::Now() - start));

  Histogram latency;
  int64_t accepted = 0, duplicates = 0, rejected = 0;
  bool good = true;
  for (const auto& stream : streams) {
    latency.Merge(stream->latency_us_);
    accepted += stream->accepted_;
    duplicates += stream->duplicates_;
    rejected += stream->rejected_;
    if (!stream->status_.ok()) {
      good = false;
      std::fprintf(stderr, "stream: code %d: %s\n", stream->status_.error_code(),
                   stream->status_.error_message().c_str());
    }
  }
  std::printf("%s\n", absl::StrFormat(R"({"accepted": %d, "duplicates": %d, "rejected": %d, "seconds": %.3f,)"
                                      R"( "receipts_per_second": %.0f, "client_cpu_us": %.2f,)"
                                      R"( "ack_us": {"p50": %d, "p99": %d, "max": %d}})",
                                      accepted, duplicates, rejected, seconds, static_cast<double>(accepted) / seconds,
                                      1e6 * (CpuSeconds() - cpu_before) / std::max<double>(1, accepted),
                                      latency.Quantile(0.5), latency.Quantile(0.99), latency.max())
                          .c_str());
  return good && rejected == 0 && accepted + duplicates == options.plan.receipts ? 0 : 1;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
