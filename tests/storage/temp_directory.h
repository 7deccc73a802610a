// A directory of the test's own, gone afterwards.
#ifndef NBO_TESTS_STORAGE_TEMP_DIRECTORY_H_
#define NBO_TESTS_STORAGE_TEMP_DIRECTORY_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace nbo {

class TempDirectory {
 public:
  TempDirectory() : path_(testing::TempDir() + "nbo-test-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace nbo

#endif  // NBO_TESTS_STORAGE_TEMP_DIRECTORY_H_
