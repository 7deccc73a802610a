// The messages of the API, and random ones of each kind.
#ifndef NBO_TESTS_SERVER_HTTP_API_MESSAGES_H_
#define NBO_TESTS_SERVER_HTTP_API_MESSAGES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <random>
#include <vector>

namespace nbo::server {

// What every method of every service takes and gives, each once.
std::vector<const google::protobuf::Descriptor*> ApiMessages();

// A message with about half of its fields set; the same for the same state of `random`.
std::unique_ptr<google::protobuf::Message> RandomMessage(const google::protobuf::Descriptor* type,
                                                         std::mt19937_64* random);

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_HTTP_API_MESSAGES_H_
