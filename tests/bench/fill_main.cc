// nbo_bench_fill: customers with receipts over RecordPurchases streams, and a catalog; prints one JSON object.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "tests/bench/catalog_yaml.h"
#include "tests/bench/workload.h"

namespace nbo::bench {
namespace {

struct FillOptions {
  std::string server;
  int customers = 100000;
  int streams = 4;
  int offers = 50;
  bool by_time = false;
  std::string catalog_file;
  ReceiptShape shape;
};

struct Tally {
  std::atomic<int64_t> accepted{0}, duplicates{0}, rejected{0};
};

std::shared_ptr<grpc::Channel> Connect(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each stream has its connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

// Sends the receipts of customers `first`, `first + streams`, ...; flow control alone holds the sender back.
grpc::Status RunStream(const FillOptions& options, int first, Tally* tally) {
  const auto stub = v1::EventService::NewStub(Connect(options.server));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const auto stream = stub->RecordPurchases(&context);
  std::thread reader([&] {
    v1::RecordPurchasesResponse response;
    while (stream->Read(&response)) {
      tally->accepted += response.accepted_count();
      tally->duplicates += response.duplicate_sequences_size();
      tally->rejected += response.rejections_size();
      if (response.rejections_size() > 0) std::fprintf(stderr, "%s\n", response.rejections(0).message().c_str());
    }
  });
  v1::RecordPurchasesRequest request;
  const int64_t customers = (options.customers - first + options.streams - 1) / options.streams;
  const int64_t total = customers * options.shape.per_customer;
  for (int64_t i = 0; i < total; ++i) {
    const int64_t customer = options.by_time ? i % customers : i / options.shape.per_customer;
    const int64_t receipt = options.by_time ? i / customers : i % options.shape.per_customer;
    FillPurchase(options.shape, first + static_cast<int>(customer) * options.streams, static_cast<int>(receipt),
                 request.mutable_purchase());
    grpc::WriteOptions write;
    if (i + 1 < total && i % 64 != 63) write.set_buffer_hint();
    if (!stream->Write(request, write)) break;
  }
  stream->WritesDone();
  reader.join();
  return stream->Finish();
}

bool Fill(const FillOptions& options, Tally* tally) {
  std::atomic<bool> good{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < options.streams; ++i) {
    threads.emplace_back([&, i] {
      const grpc::Status status = RunStream(options, i, tally);
      if (status.ok()) return;
      good = false;
      std::fprintf(stderr, "stream %d: code %d: %s\n", i, status.error_code(), status.error_message().c_str());
    });
  }
  for (std::thread& thread : threads) thread.join();
  return good && tally->rejected == 0;
}

bool Publish(const FillOptions& options, const std::string& yaml) {
  v1::PublishCatalogRequest request;
  request.mutable_source()->set_yaml(yaml);
  request.mutable_source()->set_file_name("bench.yaml");
  request.set_author("nbo_bench_fill");
  v1::PublishCatalogResponse response;
  grpc::ClientContext context;
  const auto stub = v1::CatalogService::NewStub(Connect(options.server));
  const grpc::Status status = stub->PublishCatalog(&context, request, &response);
  if (!status.ok()) std::fprintf(stderr, "PublishCatalog: %s\n", status.error_message().c_str());
  return status.ok();
}

int Main(int argc, char** argv) {
  CLI::App app("Fills nbod with made-up customers and publishes a made-up catalog. Prints JSON.");
  FillOptions options;
  options.shape.end_unix_seconds = absl::ToUnixSeconds(absl::Now());
  app.add_option("--server", options.server, "host:port")->required();
  app.add_option("--customers", options.customers, "how many; 0: only the catalog")->capture_default_str();
  app.add_option("--receipts", options.shape.per_customer, "for each customer")->capture_default_str();
  app.add_option("--lines", options.shape.lines, "of a receipt")->capture_default_str();
  app.add_option("--spread-days", options.shape.spread_days, "the receipts lie in so many days")->capture_default_str();
  app.add_option("--end-unix-seconds", options.shape.end_unix_seconds, "the last of them; now if missing");
  app.add_option("--streams", options.streams, "at once")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--seed", options.shape.seed, "of everything")->capture_default_str();
  app.add_flag("--by-time", options.by_time, "first every customer's first receipt, then the second; else by customer");
  app.add_option("--offers", options.offers, "of the catalog; 0: publish none")->capture_default_str();
  app.add_option("--catalog", options.catalog_file, "write the catalog to this file too");
  CLI11_PARSE(app, argc, argv);

  if (options.offers > 0) {
    const std::string yaml = MakeCatalogYaml(options.offers, options.shape.seed);
    if (!options.catalog_file.empty()) std::ofstream(options.catalog_file) << yaml;
    if (!Publish(options, yaml)) return 1;
  }
  Tally tally;
  const absl::Time start = absl::Now();
  const bool good = options.customers <= 0 || Fill(options, &tally);
  const double seconds = std::max(1e-9, absl::ToDoubleSeconds(absl::Now() - start));
  const int64_t receipts = tally.accepted + tally.duplicates;
  std::printf("%s\n", absl::StrFormat(R"({"receipts": %d, "duplicates": %d, "rejected": %d, "seconds": %.2f,)"
                                      R"( "receipts_per_second": %.0f})",
                                      receipts, tally.duplicates.load(), tally.rejected.load(), seconds,
                                      static_cast<double>(receipts) / seconds)
                          .c_str());
  return good ? 0 : 1;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
