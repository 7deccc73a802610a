// The public API as it describes itself: the descriptors of nbo.v1 with the comments of the .proto files.
#ifndef NBO_SERVER_HTTP_API_MODEL_H_
#define NBO_SERVER_HTTP_API_MODEL_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nbo::server {

// Made from what the build has put into the program (proto/CMakeLists.txt); knows no file. Immutable.
class ApiModel {
 public:
  ApiModel();

  // By name.
  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const { return services_; }
  // All messages that are declared for themselves or in others, by name; and enumerations. No entries of maps.
  const std::vector<const google::protobuf::Descriptor*>& messages() const { return messages_; }
  const std::vector<const google::protobuf::EnumDescriptor*>& enums() const { return enums_; }

 private:
  void AddMessage(const google::protobuf::Descriptor* message);

  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
  std::vector<const google::protobuf::Descriptor*> messages_;
  std::vector<const google::protobuf::EnumDescriptor*> enums_;
};

// The comment above a declaration, a paragraph a line; "" if there is none. Of any descriptor of a model.
template <typename Descriptor>
std::string CommentOf(const Descriptor& descriptor);
// The paragraphs of such a comment, joined anew.
std::string JoinComment(absl::string_view raw);

// Whether a method takes one message and gives one.
inline bool IsUnary(const google::protobuf::MethodDescriptor& method) {
  return !method.client_streaming() && !method.server_streaming();
}
// Whether it may be called by GET.
bool HasNoSideEffects(const google::protobuf::MethodDescriptor& method);
// "/nbo.v1.DecisionService/GetOffers".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

// A request for people to begin with: the fields whose comment says that they are required, as JSON on one line.
std::string ExampleOf(const google::protobuf::Descriptor& message);

template <typename Descriptor>
std::string CommentOf(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  return descriptor.GetSourceLocation(&location) ? JoinComment(location.leading_comments) : "";
}

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_API_MODEL_H_
