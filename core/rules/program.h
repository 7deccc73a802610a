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
#include "absl/time/time.h"
#include "core/rules/checker.h"
#include "core/rules/expression.h"
#include "core/rules/value.h"

namespace nbo::rules {

// Instructions work on a stack of values, whose deepest use is known when a rule is compiled. An error lies on the
// stack only where `&&`, `||`, all() or exists() may still absorb it: an instruction that fails goes to its handler,
// the end of the innermost operand of such that encloses it, or the end of the program.
//
// A macro keeps four values on the stack: what it goes through, the position (int), what it has found so far, and the
// element. It reads
//   <range> kLoopBegin | next: kLoopNext(end) <body> kLoopDecide(end) kJump(next) | end: kLoopEnd
// with kLoopCount, kLoopAppend or kLoopKeep in place of kLoopDecide where errors are not absorbed.
enum class Op : uint8_t {
  // Control.
  kReturn,       // the result is on top
  kJump,         // to a
  kJumpIfFalse,  // pops a bool; to a if it is false
  kFirst,        // after the first operand of && or ||, see JunctionBits: to a if it decides
  kNext,         // after a further operand: merges it with the result so far; to a if that decides
  kLoopNext,     // goes to the next element, of kind aux; to a behind the last one
  kLoopDecide,   // pops the body of all or exists, merges it with the result so far; to a if that decides
  // Push one value.
  kConstant,  // constants[a]
  kVariable,  // slots[a], which must have kind aux
  kFact,      // family a >> 16, field a & 0xFFFF, key b; must have kind aux
  kLocal,     // the value at place a of the stack
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
  kSizeOfList,  // also of a map
  kDoubleToInt,
  kStringToInt,
  kIntToDouble,
  kStringToDouble,
  kStringToBool,
  kIntToTimestamp,
  kStringToTimestamp,
  kTimestampToInt,
  kStringToDuration,
  kPartOfTimestamp,    // the TimePart aux in zones[a]
  kPartOfDuration,     // the TimePart aux
  kMatches,            // patterns[a]
  kField,              // field a of an object, which must have kind aux
  kHasField,           // field a
  kHasKey,             // constants[a]
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
  kCompareTime,  // two timestamps or two durations
  kEqualString,  // the bool aux if equal
  kEqual,        // the bool aux if equal in depth
  kInList,
  kInMap,
  kElementOfList,  // of kind aux
  kValueOfMap,     // of kind aux
  kAddInt,
  kSubtractInt,
  kMultiplyInt,
  kDivideInt,
  kModuloInt,
  kAddDouble,
  kSubtractDouble,
  kMultiplyDouble,
  kDivideDouble,
  kAddTimes,       // giving kind aux
  kSubtractTimes,  // giving kind aux
  kPartInZone,     // the TimePart aux of a timestamp in the zone named on top
  kStartsWith,
  kEndsWith,
  kContains,
  // Make something in the arena, or keep the books of a macro; each has its own effect on the stack.
  kFirstMaking,
  kToString = kFirstMaking,  // replaces the top by its text
  kConcatStrings,            // replaces two
  kConcatLists,
  kNewList,       // pushes a list of a places
  kStoreElement,  // pops a value into place a of the list below
  kNewMap,        // pushes a map of a places
  kStoreEntry,    // pops a key and a value into place a of the map below
  kSortMap,       // puts the map on top into order
  kLoopBegin,     // pushes position, result so far and element; aux is the Meaning of the macro
  kLoopCount,     // pops the body of exists_one
  kLoopAppend,    // pops the body of map
  kLoopKeep,      // pops the body of filter
  kLoopEnd,       // replaces the four values by the result; aux as kLoopBegin
};

// The aux of kFirst, kNext and kLoopDecide.
enum JunctionBits : uint8_t {
  kDecidesIfTrue = 1,  // || and exists: a true operand decides; else && and all: a false one does
  kLastOperand = 2,    // if the merged result is an error, the junction fails
};

struct Instruction {
  Op op;
  uint8_t aux = 0;
  uint16_t handler = 0;  // where to go on failure: a kFirst, kNext, kLoopDecide or kReturn
  int32_t a = 0;
  uint64_t b = 0;  // kFirst, kNext, kLoopDecide, kReturn: the number of values below the operand they end
};
static_assert(sizeof(Instruction) == 16);

// A tree of height h needs at most four values for each level on the path to a leaf, those of a macro, and the leaf.
inline constexpr int kMaxStack = 4 * kMaxExpressionDepth + 2;

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
  std::deque<std::vector<MapEntry>> maps;
  std::vector<absl::TimeZone> zones;
  std::vector<std::shared_ptr<const re2::RE2>> patterns;
  std::deque<absl::flat_hash_set<absl::string_view>> sets;
  std::vector<Input> inputs;
  bool makes = false;     // whether anything of it uses the arena
  int64_t cost = 0;       // see EstimateCost
  size_t slots_used = 0;  // one more than the highest slot in the code
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_PROGRAM_H_
