// A DecisionLogService whose log the test has written.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/decision_log_service.grpc.pb.h"

namespace nbo::ctl {

// Gives out two entries a page at most, so that everybody has to turn pages. Filters nothing.
class FakeDecisions : public nbo::v1::DecisionLogService::Service {
 public:
  std::vector<nbo::v1::LogEntry> entries;                     // the oldest first
  int busy = 0;                                               // so many calls are refused
  std::map<std::string, grpc::Status> refused_replays;        // by decision id
  std::map<std::string, std::vector<std::string>> different;  // what differs, by decision id
  std::vector<nbo::v1::ListEntriesRequest> lists;
  std::vector<std::string> replayed;

  nbo::v1::Decision* Add(const std::string& decision_id, bool full = true) {
    nbo::v1::Decision* decision = entries.emplace_back().mutable_decision();
    decision->set_decision_id(decision_id);
    decision->set_customer_id("anna");
    decision->set_channel(nbo::v1::CHANNEL_POS);
    decision->set_tier(nbo::v1::ANSWER_TIER_FULL);
    decision->mutable_decide_time()->set_seconds(1'718'366'400);
    decision->set_full(full);
    return decision;
  }

  grpc::Status ListEntries(grpc::ServerContext*, const nbo::v1::ListEntriesRequest* request,
                           nbo::v1::ListEntriesResponse* response) override {
    if (busy-- > 0) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many wait"};
    lists.push_back(*request);
    size_t begin = 0;
    if (!absl::SimpleAtoi(request->page_token(), &begin)) begin = 0;
    const size_t end = std::min({begin + 2, begin + static_cast<size_t>(request->page_size()), entries.size()});
    for (size_t i = begin; i < end; ++i) {
      *response->add_entries() = entries[request->newest_first() ? entries.size() - 1 - i : i];
    }
    if (end < entries.size()) response->set_next_page_token(absl::StrCat(end));
    return grpc::Status::OK;
  }
  // The outcomes of one page each.
  grpc::Status GetDecision(grpc::ServerContext*, const nbo::v1::GetDecisionRequest* request,
                           nbo::v1::GetDecisionResponse* response) override {
    size_t next = 0;
    if (!absl::SimpleAtoi(request->page_token(), &next)) next = 0;
    for (const nbo::v1::LogEntry& entry : entries) {
      if (entry.decision().decision_id() == request->decision_id()) *response->mutable_decision() = entry.decision();
    }
    for (; next < entries.size(); ++next) {
      if (!entries[next].has_outcome()) continue;
      *response->add_outcomes() = entries[next].outcome();
      response->set_next_page_token(absl::StrCat(next + 1));
      break;
    }
    return grpc::Status::OK;
  }
  grpc::Status ReplayDecision(grpc::ServerContext*, const nbo::v1::ReplayDecisionRequest* request,
                              nbo::v1::ReplayDecisionResponse* response) override {
    replayed.push_back(request->decision_id());
    const auto refused = refused_replays.find(request->decision_id());
    if (refused != refused_replays.end()) return refused->second;
    for (const std::string& difference : different[request->decision_id()]) response->add_differences(difference);
    return grpc::Status::OK;
  }
};

}  // namespace nbo::ctl
