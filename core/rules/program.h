// The flat code of a compiled rule.
#ifndef NBO_CORE_RULES_PROGRAM_H_
#define NBO_CORE_RULES_PROGRAM_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "core/rules/checker.h"
#include "core/rules/expression.h"
#include "core/rules/value.h"

namespace nbo::rules {

// Instructions work on a stack of values, whose deepest use is known when a rule is compiled. No value on the stack is
// null, and an error lies there only where `&&` or `||` may still absorb it: an instruction that fails goes to its
// handler, the end of the innermost `&&` or `||` operand that encloses it, or the end of the program.
enum class Op : uint8_t {
  // Control.
  kReturn,       // the result is on top
  kJump,         // to a
  kJumpIfFalse,  // pops a bool; to a if it is false
  kFirst,        // after the first operand of && or ||, see JunctionBits: to a if it decides
  kNext,         // after a further operand: merges it with the result so far; to a if that decides
  // Push one value.
  kConstant,  // constants[a]
  kVariable,  // slots[a], which must have type aux
  kFact,      // family a >> 16, field a & 0xFFFF, key b; must have type aux
  kHasVariable,
  kHasFact,
  kHasMapKey,  // map slots[a], key constants[b]
  // Push a bool: slots[a] compared with the number b. Common, hence an instruction of its own.
  kVariableAgainstInt,
  kVariableAgainstDouble,
  // Replace the top.
  kFirstUnary,
  kNot = kFirstUnary,
  kNegateInt,
  kNegateDouble,
  kSizeOfString,
  kSizeOfList,
  kDoubleToInt,
  kStringToInt,
  kIntToDouble,
  kStringToDouble,
  kInConstantStrings,  // constants[a], few
  kInStringSet,        // sets[a]
  kInConstantList,     // constants[a]
  // Replace the two on top by one. Comparisons yield whether aux has the bit of the Ordering.
  kFirstBinary,
  kCompareInt = kFirstBinary,  // also bool
  kCompareDouble,
  kCompareIntDouble,
  kCompareDoubleInt,
  kCompareString,
  kEqualString,  // the bool aux if equal
  kEqualList,    // the bool aux if equal
  kInList,
  kInMap,
  kElementOfList,
  kValueOfMap,
  kAddInt,
  kSubtractInt,
  kMultiplyInt,
  kDivideInt,
  kModuloInt,
  kAddDouble,
  kSubtractDouble,
  kMultiplyDouble,
  kDivideDouble,
  kStartsWith,
  kEndsWith,
  kContains,
};

// The aux of kFirst and kNext.
enum JunctionBits : uint8_t {
  kDecidesIfTrue = 1,  // ||: a true operand decides; else &&: a false one does
  kLastOperand = 2,    // if the merged result is an error, the junction fails
};

struct Instruction {
  Op op;
  uint8_t aux = 0;
  uint16_t handler = 0;  // where to go on failure: a kFirst, kNext or kReturn
  int32_t a = 0;
  uint64_t b = 0;  // kFirst, kNext, kReturn: the number of values below the operand they end
};
static_assert(sizeof(Instruction) == 16);

// A tree of height h needs at most h values at once: one for each left sibling on the path to a leaf, and the leaf.
inline constexpr int kMaxStack = kMaxExpressionDepth + 2;

// Immutable once compiled. Constants point into strings and the lists, so a program is never copied.
struct Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string text;
  Type type;  // of the result
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::deque<std::string> strings;
  std::deque<std::vector<Value>> lists;
  std::deque<absl::flat_hash_set<absl::string_view>> sets;
  std::vector<Input> inputs;
  size_t slots_used = 0;  // one more than the highest slot in the code
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_PROGRAM_H_
