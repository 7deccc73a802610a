#include "tests/crash/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace nbo::crash {

ServerProcess::ServerProcess(std::string binary, std::string directory, std::vector<std::string> flags)
    : binary_(std::move(binary)), directory_(std::move(directory)), flags_(std::move(flags)) {
  std::filesystem::create_directories(directory_);
}

std::string ServerProcess::LogTail() const {
  std::ifstream file(directory_ + "/log.txt");
  std::string log(std::istreambuf_iterator<char>(file), {});
  return log.size() > 4000 ? log.substr(log.size() - 4000) : log;
}

absl::Status ServerProcess::Start() {
  const std::string ports_file = directory_ + "/ports.json";
  std::filesystem::remove(ports_file);
  std::vector<std::string> words = {binary_,
                                    "--storage-path=" + directory_ + "/store",
                                    "--ports-file=" + ports_file,
                                    "--grpc-port=0",
                                    "--http-port=0",
                                    "--log-level=warn"};
  words.insert(words.end(), flags_.begin(), flags_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = directory_ + "/log.txt";

  const absl::Time begin = absl::Now();
  pid_ = fork();
  if (pid_ < 0) return absl::InternalError("cannot fork");
  if (pid_ == 0) {  // only async-signal-safe calls from here on
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, 1);
    dup2(out, 2);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  while (absl::Now() - begin < absl::Minutes(1)) {
    if (std::FILE* file = std::fopen(ports_file.c_str(), "r")) {
      const int found = std::fscanf(file, "{\"grpc\": %d", &port_);
      std::fclose(file);
      if (found != 1) return absl::InternalError(absl::StrCat(ports_file, ": no port"));
      start_time_ = absl::Now() - begin;
      return absl::OkStatus();
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return absl::InternalError(absl::StrCat(binary_, " ended while starting:\n", LogTail()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return absl::InternalError(absl::StrCat(binary_, " is not ready after a minute:\n", LogTail()));
}

void ServerProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ServerProcess::Terminate() {
  if (pid_ > 0) kill(pid_, SIGTERM);
}

absl::Status ServerProcess::Stop() {
  if (pid_ <= 0) return absl::FailedPreconditionError("not running");
  Terminate();
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(binary_, " ended with status ", status, ":\n", LogTail()));
}

}  // namespace nbo::crash
