// nbo_bench_publish: CPU time of reading, checking and compiling a generated catalog, in the parts it is made of.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "server/catalog/source.h"
#include "server/catalog/yaml_draft.h"
#include "tests/bench/catalog_yaml.h"

namespace nbo::bench {
namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<int64_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

int Run(const std::string& yaml, int offers, int rounds) {
  std::vector<double> draft_seconds, whole_seconds;
  for (int round = 0; round < rounds; ++round) {
    double start = CpuSeconds();
    {
      CatalogDraft draft;
      std::vector<CatalogMistake> mistakes;
      server::DraftFromYaml(yaml, &draft, &mistakes);
    }
    draft_seconds.push_back(CpuSeconds() - start);
    start = CpuSeconds();
    const auto compiled = server::CompileYaml(yaml, "bench.yaml", {"USD", 0});
    whole_seconds.push_back(CpuSeconds() - start);
    if (const auto* diagnostics = std::get_if<std::vector<server::Diagnostic>>(&compiled)) {
      std::fprintf(stderr, "%s\n", diagnostics->front().rendered.c_str());
      return 1;
    }
  }
  std::printf("{\"offers\": %d, \"yaml_bytes\": %zu, \"draft_cpu_s\": %.3f, \"whole_cpu_s\": %.3f}\n", offers,
              yaml.size(), Median(draft_seconds), Median(whole_seconds));
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) {
  CLI::App app("CPU seconds that the server needs to read, check and compile a catalog; medians.");
  int offers = 10000;
  int rounds = 5;
  std::string file, write_to;
  app.add_option("--offers", offers, "Offers to generate")->capture_default_str();
  app.add_option("--rounds", rounds, "Repetitions")->capture_default_str();
  app.add_option("--file", file, "This catalog instead of a generated one");
  app.add_option("--write", write_to, "Only write the generated catalog here");
  CLI11_PARSE(app, argc, argv);
  std::string yaml = nbo::bench::MakeCatalogYaml(offers, /*seed=*/1);
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    yaml.assign(std::istreambuf_iterator<char>(in), {});
  }
  if (!write_to.empty()) {
    std::ofstream out(write_to, std::ios::binary);
    out << yaml;
    return out.good() ? 0 : 1;
  }
  return nbo::bench::Run(yaml, offers, rounds);
}
