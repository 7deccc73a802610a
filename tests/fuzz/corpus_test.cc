// Runs what fuzzers start from, and everything they ever found, as ordinary tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"

namespace nbo::fuzz {
namespace {

void RunCorpus(const std::string& name, void (*target)(absl::string_view)) {
  const std::filesystem::path folder = std::filesystem::path(NBO_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 10u) << folder << " holds too little to prove anything";
  for (const std::filesystem::path& file : files) {
    SCOPED_TRACE(file.string());
    std::ifstream in(file, std::ios::binary);
    ASSERT_TRUE(in.good());
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::cerr << file.filename().string() << std::endl;  // a target that fails ends the process
    target(bytes);
  }
}

TEST(Corpus, OfParser) { RunCorpus("parser", &FuzzParser); }
TEST(Corpus, OfRules) { RunCorpus("rules", &FuzzRules); }
TEST(Corpus, OfCatalog) { RunCorpus("catalog", &FuzzCatalog); }
TEST(Corpus, OfJson) { RunCorpus("json", &FuzzJson); }

}  // namespace
}  // namespace nbo::fuzz
