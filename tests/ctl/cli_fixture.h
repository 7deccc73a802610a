// Runs whole command lines against the fake server.
#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/ctl/cli.h"
#include "tests/ctl/fake_server.h"

namespace nbo::ctl {

class CliTest : public testing::Test {
 protected:
  int Run(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    arguments.insert(arguments.begin(), "nboctl");
    arguments.push_back("--server=" + server_.address());
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::istringstream in(answer_);
    Context context{.out = out_, .err = err_};
    if (!answer_.empty()) context.in = &in;
    context.now = [] { return absl::Now(); };
    context.sleep = [this](absl::Duration) {
      if (on_sleep_) on_sleep_();
    };
    return RunNboctl(static_cast<int>(argv.size()), argv.data(), context);
  }

  google::protobuf::Struct Json() {
    google::protobuf::Struct object;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(out_.str(), &object).ok()) << out_.str();
    return object;
  }
  // A number of the import's summary: Number("lines", "accepted").
  double Number(const std::string& group, const std::string& name) {
    return Json().fields().at(group).struct_value().fields().at(name).number_value();
  }

  FakeServer server_;
  // What is typed at a question; empty: there is no terminal.
  std::string answer_;
  std::function<void()> on_sleep_;
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace nbo::ctl
