#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/http/api_model.h"
#include "server/http/api_page.h"
#include "server/http/json_codec.h"
#include "server/http/openapi.h"
#include "tests/server/http/api_messages.h"

namespace nbo::server {
namespace {

using google::protobuf::MethodDescriptor;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const ApiModel& Model() {
  static const auto* const model = new ApiModel();
  return *model;
}

template <typename Use>
void ForEachMethod(Use use) {
  for (const auto* const service : Model().services()) {
    for (int i = 0; i < service->method_count(); ++i) use(*service->method(i));
  }
}

TEST(ApiModel, HasEveryMessageThatTheServerTakesAndGives) {
  std::set<std::string> names;
  ForEachMethod([&](const MethodDescriptor& method) {
    names.insert({method.input_type()->full_name(), method.output_type()->full_name()});
  });
  std::set<std::string> linked;
  for (const auto* const message : ApiMessages()) linked.insert(message->full_name());
  EXPECT_EQ(names, linked);
}

TEST(ApiModel, EverythingOfTheApiIsExplained) {
  for (const auto* const service : Model().services()) EXPECT_NE(CommentOf(*service), "") << service->full_name();
  ForEachMethod([](const MethodDescriptor& method) { EXPECT_NE(CommentOf(method), "") << method.full_name(); });
}

TEST(ApiModel, JoinsCommentsByParagraph) {
  EXPECT_EQ(JoinComment(" One\n two.\n\n Three\n four.\n"), "One two.\nThree four.");
  EXPECT_EQ(JoinComment(""), "");
}

TEST(ApiModel, ExamplesCanBeReadAsWhatTheyAreExamplesOf) {
  const JsonCodec codec(ApiMessages());
  std::mt19937_64 random(1);
  for (const auto* const message : ApiMessages()) {
    for (const auto* const described : Model().messages()) {
      if (described->full_name() != message->full_name()) continue;
      const auto read = RandomMessage(message, &random);
      read->Clear();
      std::string ignored;
      const std::string example = ExampleOf(*described);
      EXPECT_TRUE(codec.Parse(example, read.get(), &ignored).ok()) << message->full_name() << ": " << example;
      EXPECT_EQ(ignored, "") << example;
    }
  }
}

// Every "$ref" of a document.
void CollectReferences(const rapidjson::Value& value, std::set<std::string>* references) {
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) CollectReferences(element, references);
  }
  if (!value.IsObject()) return;
  for (const auto& member : value.GetObject()) {
    if (std::string(member.name.GetString()) == "$ref") references->insert(member.value.GetString());
    CollectReferences(member.value, references);
  }
}

TEST(OpenApi, HasEveryUnaryMethodAndNoDanglingReference) {
  rapidjson::Document document;
  const std::string json = MakeOpenApi(Model());
  ASSERT_FALSE(document.Parse(json.c_str()).HasParseError());
  const auto& paths = document["paths"];
  int methods = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    const bool has_path = paths.HasMember(PathOf(method).c_str());
    EXPECT_EQ(has_path, IsUnary(method)) << method.full_name();
    if (!has_path) return;
    ++methods;
    const auto& path = paths[PathOf(method).c_str()];
    EXPECT_TRUE(path.HasMember("post"));
    EXPECT_EQ(path.HasMember("get"), HasNoSideEffects(method)) << method.full_name();
  });
  EXPECT_GE(methods, 30);
  std::set<std::string> references;
  CollectReferences(document, &references);
  EXPECT_GT(references.size(), 60u);
  for (const std::string& reference : references) {
    const size_t slash = reference.rfind('/');
    const std::string part = reference.substr(0, slash), name = reference.substr(slash + 1);
    ASSERT_THAT(part, StartsWith("#/components/"));
    const auto& components = document["components"][part.substr(sizeof("#/components/") - 1).c_str()];
    EXPECT_TRUE(components.HasMember(name.c_str())) << reference;
  }
}

TEST(OpenApi, SaysWhatFieldsAre) {
  rapidjson::Document document;
  ASSERT_FALSE(document.Parse(MakeOpenApi(Model()).c_str()).HasParseError());
  const auto& request = document["components"]["schemas"]["nbo.v1.GetOffersRequest"]["properties"];
  EXPECT_STREQ(request["channel"]["$ref"].GetString(), "#/components/schemas/nbo.v1.Channel");
  EXPECT_THAT(request["channel"]["description"].GetString(), StartsWith("Required: where the offers will be shown"));
  EXPECT_STREQ(request["basketLines"]["type"].GetString(), "array");
  EXPECT_STREQ(request["attributes"]["additionalProperties"]["type"].GetString(), "string");
  EXPECT_STREQ(request["asOf"]["format"].GetString(), "date-time");
  EXPECT_STREQ(
      document["components"]["schemas"]["nbo.v1.BasketLine"]["properties"]["amountMinor"]["format"].GetString(),
      "int64");
}

TEST(ApiPage, HasEverythingAndEveryLinkLeadsSomewhere) {
  const std::string page = MakeApiPage(Model());
  ForEachMethod([&](const MethodDescriptor& method) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("id=\"", method.full_name(), "\"")));
    EXPECT_EQ(page.find(absl::StrCat("7400", PathOf(method), " ")) != std::string::npos, IsUnary(method));
  });
  for (size_t at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1)) {
    const size_t begin = at + sizeof("href=\"#") - 1;
    const std::string target = page.substr(begin, page.find('"', begin) - begin);
    ASSERT_THAT(page, HasSubstr(absl::StrCat("id=\"", target, "\"")));
  }
  EXPECT_THAT(page, HasSubstr("<td><code>resource_exhausted</code></td><td>429</td>"));
  EXPECT_THAT(page, HasSubstr("&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace nbo::server
