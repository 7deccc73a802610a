#include "server/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/storage/temp_directory.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SettingsTest : public ::testing::Test {
 protected:
  ~SettingsTest() override {
    for (const std::string& name : variables_) unsetenv(name.c_str());
  }
  std::string File(const std::string& text) {
    const std::string path = directory_.path() + "/nbod.yaml";
    std::ofstream(path) << text;
    return path;
  }
  void Variable(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }
  static absl::StatusOr<std::variant<Settings, ExitNow>> Load(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {"nbod"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return LoadSettings(static_cast<int>(argv.size()), argv.data());
  }
  static Settings Good(const std::vector<std::string>& arguments) {
    auto loaded = Load(arguments);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? std::get<Settings>(*loaded) : Settings();
  }
  static std::string Refusal(const std::vector<std::string>& arguments) {
    auto loaded = Load(arguments);
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(loaded.status().message());
  }

 private:
  TempDirectory directory_;
  std::vector<std::string> variables_;
};

TEST_F(SettingsTest, HaveDefaultsThatListenOnlyLocally) {
  const Settings settings = Good({});
  EXPECT_EQ(settings.grpc_address, "127.0.0.1");
  EXPECT_EQ(settings.grpc_port, 7400);
  EXPECT_TRUE(settings.storage_sync);
  EXPECT_FALSE(settings.replay_enabled);
  EXPECT_EQ(settings.retention_receipts_days, 0) << "nothing is dropped unless it is asked for";
}

TEST_F(SettingsTest, AFlagWinsOverAVariableAndAVariableOverTheFile) {
  const std::string file = File("grpc: {port: 1}\nhttp:\n  port: 2\nstorage.path: from-file\n");
  Settings settings = Good({"--config", file});
  EXPECT_EQ(settings.grpc_port, 1);
  EXPECT_EQ(settings.http_port, 2);
  EXPECT_EQ(settings.storage_path, "from-file");
  Variable("NBO_GRPC_PORT", "11");
  Variable("NBO_HTTP_PORT", "12");
  settings = Good({"--config", file, "--grpc-port", "21"});
  EXPECT_EQ(settings.grpc_port, 21);
  EXPECT_EQ(settings.http_port, 12);
  EXPECT_EQ(settings.storage_path, "from-file");
}

TEST_F(SettingsTest, TheFileMayBeNamedByAVariable) {
  Variable("NBO_CONFIG", File("currency: EUR\n"));
  EXPECT_EQ(Good({}).currency, "EUR");
}

TEST_F(SettingsTest, AnEmptyFileChangesNothing) {
  EXPECT_EQ(Good({"--config", File("# nothing yet\n")}).grpc_port, 7400);
}

TEST_F(SettingsTest, RefusesAnUnknownKeyWithItsPlace) {
  const std::string file = File("grpc:\n  port: 1\n  prot: 2\n");
  EXPECT_THAT(Refusal({"--config", file}), StartsWith(file + ":3:3: grpc.prot: unknown key"));
}

TEST_F(SettingsTest, RefusesABadValueWithItsPlaceAndName) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"grpc:\n  port: http\n", ":2:9: grpc.port: 'http' is not a whole number"},
      {"grpc:\n  port: 65536\n", ":2:9: grpc.port: '65536' is outside 0..65535"},
      {"ingest: {writers: 0}\n", ":1:19: ingest.writers: '0' is outside 1..64"},
      {"decision: {max_wait_ms: -1}\n", ":1:25: decision.max_wait_ms: '-1' is outside 0..60000"},
      {"decision: {reader_threads: 0}\n", ":1:28: decision.reader_threads: '0' is outside 1..256"},
      {"decision.max_waiting: 0\n", ":1:23: decision.max_waiting: '0' is outside 1..100000"},
      {"decision.max_in_flight: 0\n", ":1:25: decision.max_in_flight: '0' is outside 1..1000000"},
      {"propensity: {refresh_seconds: 0}\n", ":1:31: propensity.refresh_seconds: '0' is outside 1..86400"},
      {"population: {refresh_minutes: -1}\n", ":1:31: population.refresh_minutes: '-1' is outside 0..527040"},
      {"retention.receipts_days: -1\n", ":1:26: retention.receipts_days: '-1' is outside 0..36500"},
      {"storage: {sync: yes}\n", ":1:17: storage.sync: 'yes' is neither true nor false"},
      {"log: {level: loud}\n", ":1:14: log.level: 'loud' is not one of trace, debug, info, warn, error"},
      {"currency: [USD]\n", ":1:1: currency: a single value is expected"},
      {"grpc: 7400\n", ":1:7: grpc: a mapping"},
      {"- a\n", ":1:1: the file: a mapping"},
      {"grpc: {port: 1\n", ":"},
  };
  for (const auto& c : cases) {
    const std::string file = File(c.text);
    EXPECT_THAT(Refusal({"--config", file}), StartsWith(file + c.message)) << c.text;
  }
}

TEST_F(SettingsTest, NamesTheVariableOrTheFlagThatIsBad) {
  EXPECT_THAT(Refusal({"--ingest-max-group", "many"}), StartsWith("--ingest-max-group: ingest.max_group: 'many'"));
  Variable("NBO_STORAGE_SYNC", "1");
  EXPECT_THAT(Refusal({}), StartsWith("NBO_STORAGE_SYNC: storage.sync: '1' is neither true nor false"));
}

TEST_F(SettingsTest, SaysWhichFileCannotBeRead) {
  EXPECT_THAT(Refusal({"--config", "/nowhere/nbod.yaml"}), HasSubstr("cannot read /nowhere/nbod.yaml"));
}

TEST_F(SettingsTest, ExitsWithZeroForHelpAndTwoForAnUnknownFlag) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<ExitNow>(*Load({"--help"})).code, 0);
  EXPECT_EQ(std::get<ExitNow>(*Load({"--version"})).code, 0);
  EXPECT_EQ(std::get<ExitNow>(*Load({"--no-such-flag"})).code, 2);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--ingest-max-future-skew-hours"));
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace nbo::server
