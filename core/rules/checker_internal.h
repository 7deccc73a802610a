// The checker's own workings, shared by its source files only.
#ifndef NBO_CORE_RULES_CHECKER_INTERNAL_H_
#define NBO_CORE_RULES_CHECKER_INTERNAL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/rules/checker.h"
#include "core/rules/functions.h"
#include "core/rules/operators.h"

namespace nbo::rules {

// Walks the tree in the order of the text; its recursion is bounded by the height of the tree. Every Check function
// returns the type of its node, or kError after noting a mistake; above such a node nothing is reported.
class Checker {
 public:
  Checker(const Environment& environment, Ast* ast) : environment_(environment), ast_(*ast) {}

  // To be called once.
  CheckResult Run(Type expected);

 private:
  Node& At(int node) { return ast_.nodes[node]; }
  const Node& At(int node) const { return ast_.nodes[node]; }

  Type Fail(int offset, std::string message);
  Operand OperandOf(int node) const;
  void ReportResult(Type expected);
  Type CheckNode(int node);
  Type CheckKind(int node);

  // ---- Names (checker_names.cc) ----
  // "a.b.c" if the node is such a path, else empty.
  std::string PathOf(int node) const;
  // Whether the path or one of its beginnings is a variable.
  bool BeginsWithVariable(int node) const;
  bool IsFamilyCall(int node) const;
  // The dotted name that a call calls: "size", "customer.category"; empty for a method of a value.
  std::string CalleeOf(int node) const;
  void NoteInput(Input input);
  void NoteVariable(int slot);
  // `written` is how the key was asked for: `.k` or `["k"]`.
  void NoteMapKey(int slot, absl::string_view key, absl::string_view written);
  // Notes the map that `operand` names as asked for the key `index`, or as a whole if the key is not a fixed text.
  void NoteLookup(int operand, int index);
  // A local, a path, a field of a fact or an object, or a key of a map. The longest path that is a variable wins.
  Type CheckName(int node);
  Type UseVariable(int node, int slot, bool note = true);
  // Like CheckNode, but a map variable is not an input of its own: only its keys can be shown to people.
  Type CheckMapOperand(int node);
  Type FailUnknownName(int node, const std::string& path);
  // category("YOGURT").share: a select whose operand is a call of a family.
  Type CheckFact(int node);
  // `owner` is what people call the family or class.
  Type FailUnknownField(int node, absl::string_view owner, const std::vector<Field>& fields);
  Type CheckField(int node, Type object);
  Type CheckKey(int node, Type map);
  Type CheckIndex(int node);

  // ---- Calls (checker_names.cc) ----
  Type CheckCall(int node);
  Type FailUnknownFunction(int node);
  Type CheckHas(int node);

  // ---- Macros, lists and maps (checker_macros.cc) ----
  // The variable of a macro, while its body is checked.
  struct Local {
    std::string name;
    int number;  // Node::slot
    Type type;
  };
  // The innermost of the name; null if there is none.
  const Local* FindLocal(absl::string_view name) const;
  Type CheckMacro(int node, const Macro& macro);
  // The type of what a macro goes through; kError after noting a mistake.
  Type CheckRange(int node, const Macro& macro);
  // Checks an argument that must be a bool.
  void CheckCondition(int node, const Macro& macro);
  Type CheckList(int node);
  Type CheckMap(int node);
  Type CheckMapKey(int node);
  // Notes keys that are written twice.
  void CheckDuplicates(int node);
  // The type that two elements share; kError after noting the mistake at `node`, which is one of the `what`.
  Type Join(int node, Type so_far, Type type, absl::string_view what);

  // ---- Operators (checker.cc) ----
  Type CheckUnary(int node);
  Type CheckBinary(int node);
  Type CheckJunction(int node);
  Type CheckConditional(int node);

  const Environment& environment_;
  Ast& ast_;
  CheckResult result_;
  std::vector<Local> locals_;
  int macros_ = 0;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_CHECKER_INTERNAL_H_
