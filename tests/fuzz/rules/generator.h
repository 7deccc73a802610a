// Rules made of bytes, most of them well-typed.
#ifndef NBO_TESTS_FUZZ_RULES_GENERATOR_H_
#define NBO_TESTS_FUZZ_RULES_GENERATOR_H_

#include <string>
#include <utility>
#include <vector>

#include "core/rules/type.h"
#include "tests/fuzz/rules/byte_source.h"

namespace nbo::fuzz {

// Writes rules over WorldEnvironment() by the grammar of the language, guided by types. Zeros give a variable.
class Generator {
 public:
  explicit Generator(ByteSource* source) : source_(*source) {}

  // A rule that gives `type`; now and then a part of it is of another.
  std::string Make(rules::Type type) { return Of(type, kDepth); }
  // A type; bool more often than others.
  rules::Type AnyType(int depth);

 private:
  static constexpr int kDepth = 6;
  static constexpr int kMostParts = 80;

  std::string Of(rules::Type type, int depth);
  std::string Leaf(rules::Type type);
  std::string Literal(rules::Type type);
  std::string Name(rules::Type type);
  std::string Taken(rules::Type type, int depth);
  std::string Bool(int depth);
  std::string Test(int depth);
  std::string Relation(int depth);
  std::string Has();
  std::string Int(int depth);
  std::string Double(int depth);
  std::string Text(int depth);
  std::string Time(rules::Type type, int depth);
  std::string List(rules::Type type, int depth);
  std::string Map(rules::Type type, int depth);
  std::string Macro(const std::string& name, rules::Type body, int depth);
  std::string TimePart(int depth);
  std::string Quoted(const std::string& text);
  std::string Word();
  rules::Type Scalar();
  rules::Type KeyType();
  const char* Pick(std::initializer_list<const char*> choices);

  ByteSource& source_;
  int parts_ = 0;
  std::vector<std::pair<std::string, rules::Type>> locals_;
};

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_GENERATOR_H_
