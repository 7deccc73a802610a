// A SwitchService that answers with what the test has set.
#pragma once

#include <grpcpp/grpcpp.h>

#include "nbo/v1/switch_service.grpc.pb.h"

namespace nbo::ctl {

class FakeSwitches : public nbo::v1::SwitchService::Service {
 public:
  grpc::Status refusal;  // of SetSwitch; OK: none
  nbo::v1::SetSwitchResponse set;
  nbo::v1::SetSwitchRequest last_set;
  nbo::v1::ListSwitchesResponse list;
  nbo::v1::ListSwitchesRequest last_list;

  grpc::Status SetSwitch(grpc::ServerContext*, const nbo::v1::SetSwitchRequest* request,
                         nbo::v1::SetSwitchResponse* response) override {
    last_set = *request;
    *response = set;
    return refusal;
  }
  grpc::Status ListSwitches(grpc::ServerContext*, const nbo::v1::ListSwitchesRequest* request,
                            nbo::v1::ListSwitchesResponse* response) override {
    last_list = *request;
    *response = list;
    return grpc::Status::OK;
  }
};

}  // namespace nbo::ctl
