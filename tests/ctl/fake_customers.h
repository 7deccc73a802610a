// Export, erasure and maintenance of an nbod in the test's own process.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/customer_service.grpc.pb.h"
#include "nbo/v1/maintenance_service.grpc.pb.h"

namespace nbo::ctl {

// Answers with what the test has set, to one client at a time.
class FakeCustomers : public nbo::v1::CustomerService::Service, public nbo::v1::MaintenanceService::Service {
 public:
  // The pages of an export; tokens are their numbers. Empty: nothing is known. A page with the customer id "broken"
  // fails.
  std::vector<nbo::v1::ExportCustomerResponse> pages;
  std::vector<nbo::v1::ExportCustomerRequest> export_requests;
  nbo::v1::EraseCustomerResponse erased;
  std::vector<nbo::v1::EraseCustomerRequest> erase_requests;
  // What a rebuild looks like at its start and at each later look; the last stays.
  std::deque<nbo::v1::Rebuild> rebuilds = {nbo::v1::Rebuild()};
  bool rebuild_starts = true;
  int rebuild_looks = 0;
  int compactions = 0;

  grpc::Status ExportCustomer(grpc::ServerContext*, const nbo::v1::ExportCustomerRequest* request,
                              nbo::v1::ExportCustomerResponse* response) override {
    export_requests.push_back(*request);
    size_t page = 0;
    if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &page)) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "page_token");
    }
    if (pages.empty()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "nothing is kept");
    *response = pages.at(page);
    if (response->customer_id() == "broken") return grpc::Status(grpc::StatusCode::UNAVAILABLE, "disk");
    if (page + 1 < pages.size()) response->set_next_page_token(absl::StrCat(page + 1));
    return grpc::Status::OK;
  }
  grpc::Status EraseCustomer(grpc::ServerContext*, const nbo::v1::EraseCustomerRequest* request,
                             nbo::v1::EraseCustomerResponse* response) override {
    erase_requests.push_back(*request);
    *response = erased;
    return grpc::Status::OK;
  }
  grpc::Status RebuildStates(grpc::ServerContext*, const nbo::v1::RebuildStatesRequest*,
                             nbo::v1::RebuildStatesResponse* response) override {
    response->set_started(rebuild_starts);
    *response->mutable_rebuild() = Look();
    return grpc::Status::OK;
  }
  grpc::Status GetRebuild(grpc::ServerContext*, const nbo::v1::GetRebuildRequest*,
                          nbo::v1::GetRebuildResponse* response) override {
    ++rebuild_looks;
    *response->mutable_rebuild() = Look();
    return grpc::Status::OK;
  }
  grpc::Status CompactStore(grpc::ServerContext*, const nbo::v1::CompactStoreRequest*,
                            nbo::v1::CompactStoreResponse*) override {
    ++compactions;
    return grpc::Status::OK;
  }

 private:
  nbo::v1::Rebuild Look() {
    const nbo::v1::Rebuild rebuild = rebuilds.front();
    if (rebuilds.size() > 1) rebuilds.pop_front();
    return rebuild;
  }
};

}  // namespace nbo::ctl
