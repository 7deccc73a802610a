// nbo_bench_load: load on DecisionService.GetOffers, closed or open loop; prints one JSON object.
#include <google/protobuf/util/delimited_message_util.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nbo/v1/decision_service.pb.h"
#include "tests/bench/load.h"

namespace nbo::bench {
namespace {

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// In microseconds.
std::string ToJson(const Histogram& ns) {
  return absl::StrFormat(R"({"mean": %.1f, "p50": %.1f, "p90": %.1f, "p99": %.1f, "p999": %.1f, "max": %.1f})",
                         ns.mean() / 1e3, ns.Quantile(0.5) / 1e3, ns.Quantile(0.9) / 1e3, ns.Quantile(0.99) / 1e3,
                         ns.Quantile(0.999) / 1e3, ns.max() / 1e3);
}

std::string ErrorsJson(const std::map<int, int64_t>& errors) {
  return absl::StrCat("{",
                      absl::StrJoin(errors, ", ",
                                    [](std::string* out, const auto& entry) {
                                      absl::StrAppend(out, "\"", entry.first, "\": ", entry.second);
                                    }),
                      "}");
}

// What the answers hold, on average.
std::string AnswersJson(const std::vector<std::string>& answers) {
  int parsed = 0, full = 0, offers = 0;
  v1::GetOffersResponse response;
  for (const std::string& bytes : answers) {
    if (!response.ParseFromString(bytes)) continue;
    ++parsed;
    full += response.tier() == v1::ANSWER_TIER_FULL;
    offers += response.offers_size();
  }
  const double n = std::max(1, parsed);
  return absl::StrFormat(R"({"sampled": %d, "full_tier_share": %.3f, "offers_mean": %.2f})", parsed, full / n,
                         offers / n);
}

std::string ToJson(const LoadOptions& options, const LoadResult& result, double cpu_seconds) {
  const double completed = static_cast<double>(std::max<int64_t>(1, result.completed));
  return absl::StrFormat(
      R"({"mode": "%s", "rate": %.1f, "concurrency": %d, "seconds": %.2f, "requests_per_second": %.1f,)"
      R"( "measured": %d, "completed": %d, "unsent": %d, "errors": %s, "latency_us": %s, "lateness_us": %s,)"
      R"( "request_bytes_mean": %.1f, "response_bytes_mean": %.1f, "answers": %s, "client_cpu_us_per_request": %.2f})",
      options.rate > 0 ? "open" : "closed", options.rate, options.concurrency, absl::ToDoubleSeconds(options.duration),
      static_cast<double>(result.measured) / absl::ToDoubleSeconds(options.duration), result.measured, result.completed,
      result.unsent, ErrorsJson(result.errors), ToJson(result.latency_ns), ToJson(result.lateness_ns),
      static_cast<double>(result.request_bytes) / completed, static_cast<double>(result.response_bytes) / completed,
      AnswersJson(result.answers), 1e6 * cpu_seconds / completed);
}

// Writes the answers, each behind its size as protobuf's delimited streams have them.
bool Capture(const std::vector<std::string>& answers, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  v1::GetOffersResponse response;
  for (const std::string& bytes : answers) {
    if (!response.ParseFromString(bytes)) return false;
    google::protobuf::util::SerializeDelimitedToOstream(response, &file);
  }
  return !answers.empty() && file.good();
}

int Main(int argc, char** argv) {
  CLI::App app("Load on DecisionService.GetOffers: closed loop, or open loop with --rate. Prints JSON.");
  LoadOptions options;
  double warm_up = 1, duration = 5, timeout = 5;
  std::string capture;
  app.add_option("--server", options.server, "host:port")->required();
  app.add_option("--concurrency", options.concurrency, "closed loop: calls under way")->capture_default_str();
  app.add_option("--rate", options.rate, "open loop: calls per second on a fixed schedule");
  app.add_option("--max-pending", options.max_pending, "open loop: calls under way at most")->capture_default_str();
  app.add_option("--threads", options.threads, "threads that complete calls")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--connections", options.connections, "TCP connections")->capture_default_str();
  app.add_option("--warm-up", warm_up, "seconds before measuring")->capture_default_str();
  app.add_option("--duration", duration, "seconds measured")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--timeout", timeout, "seconds a call may take")->capture_default_str();
  app.add_option("--seed", options.seed, "of customers, channels and baskets")->capture_default_str();
  app.add_option("--customers", options.customers, "ids c0000000 up to this many")->capture_default_str();
  app.add_option("--basket-lines", options.basket_lines, "on average")->capture_default_str();
  app.add_option("--capture", capture, "write the first 1,000 answers to this file, for nbo_bench_echo");
  CLI11_PARSE(app, argc, argv);
  options.warm_up = absl::Seconds(warm_up);
  options.duration = absl::Seconds(duration);
  options.timeout = absl::Seconds(timeout);
  options.keep_answers = 1000;

  const double cpu_before = CpuSeconds();
  const LoadResult result = RunLoad(options);
  std::printf("%s\n", ToJson(options, result, CpuSeconds() - cpu_before).c_str());
  if (!capture.empty() && !Capture(result.answers, capture)) {
    std::fprintf(stderr, "--capture: no answer, or cannot write %s\n", capture.c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
