#include "server/ctl/rules_vars.h"

#include <ostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/catalog/vocabulary.h"
#include "server/ctl/output.h"
#include "server/ctl/typed_json.h"

namespace nbo::ctl {
namespace {

using rules::Environment;

std::string Signature(const WordFamily& family, const std::string& field) {
  return absl::StrCat(family.name, "(\"...\").", field);
}

bool InSegmentRules(const Word& word) { return word.slot < Slot::kCustomerCount; }

std::string TypeText(rules::Type type, bool optional) {
  return absl::StrCat(FullVocabulary().NameOf(type), optional ? "?" : "");
}

// One entry of a list, in every form.
struct Row {
  std::string name;
  std::string type;
  bool optional;
  std::string unit;
  std::string doc;
  bool segment_rules;
};

std::vector<Row> VariableRows() {
  std::vector<Row> rows;
  for (const Word& word : Words()) {
    rows.push_back(
        {word.name, FullVocabulary().NameOf(word.type), word.optional, word.unit, word.doc, InSegmentRules(word)});
  }
  return rows;
}

std::vector<Row> FamilyRows(const WordFamily& family) {
  std::vector<Row> rows;
  for (const FamilyWord& field : family.fields) {
    rows.push_back({Signature(family, field.name), FullVocabulary().NameOf(field.type), field.optional, field.unit,
                    field.doc, true});
  }
  return rows;
}

std::vector<Row> ClassRows(const rules::ObjectClass& object_class) {
  std::vector<Row> rows;
  for (const rules::Field& field : object_class.fields) {
    rows.push_back(
        {absl::StrCat("line.", field.name), FullVocabulary().NameOf(field.type), field.optional, "", field.doc, false});
  }
  return rows;
}

std::string RowJson(const Row& row) {
  return absl::StrCat("{\"name\": ", QuoteJson(row.name), ", \"type\": ", QuoteJson(row.type),
                      ", \"optional\": ", row.optional ? "true" : "false", ", \"unit\": ", QuoteJson(row.unit),
                      ", \"doc\": ", QuoteJson(row.doc), ", \"segment_rules\": ", row.segment_rules ? "true" : "false",
                      "}");
}

std::string RowsJson(const std::vector<Row>& rows) {
  return absl::StrCat(
      "[", absl::StrJoin(rows, ", ", [](std::string* out, const Row& row) { out->append(RowJson(row)); }), "]");
}

// Groups by what stands before the first dot.
std::string GroupOf(const Row& row) { return row.name.substr(0, row.name.find('.')); }

std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

void AppendTable(const std::vector<Row>& rows, std::string* out) {
  absl::StrAppend(out, "| name | type | unit | meaning |\n|---|---|---|---|\n");
  for (const Row& row : rows) {
    absl::StrAppend(out, "| `", row.name, "` | ", row.type, row.optional ? ", may be missing" : "", " | ", row.unit,
                    " | ", Cell(row.doc), " |\n");
  }
}

constexpr char kMarkdownHead[] = R"(# The words of rules

What the rules and the score formula of a catalog may name. Made by `nboctl rules vars --markdown` from the one registry
([vocabulary.h](vocabulary.h)); a test compares. The language itself: [LANGUAGE.md](../rules/LANGUAGE.md).

A word that "may be missing" has no value for some customers: using it then is an error, and the rule is not true.
`has(customer.recency_days)` tells. Offers and the score may use all words; the rules of segments those about the
customer (but not customer.segments), `now` and the families.
)";

constexpr char kTry[] = R"(
## Try them

```sh
nboctl rules eval 'customer.recency_days > 45' --set customer.recency_days=12
nboctl rules eval 'customer.recency_days > 45' --customer 67
```
)";

}  // namespace

void PrintVocabulary(std::ostream& out) {
  TextTable table("llll");
  table.AddRow({"Name", "Type", "Unit", "Meaning"});
  const auto add = [&table](const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      table.AddRow({row.name, absl::StrCat(row.type, row.optional ? "?" : ""), row.unit, row.doc});
    }
  };
  add(VariableRows());
  for (const WordFamily& family : WordFamilies()) add(FamilyRows(family));
  table.Print(out);
  for (const rules::ObjectClass& object_class : FullVocabulary().classes()) {
    out << "\n" << object_class.name << ", " << object_class.doc << ":\n";
    TextTable fields("lll");
    fields.AddRow({"Field", "Type", "Meaning"});
    for (const rules::Field& field : object_class.fields) {
      fields.AddRow({field.name, TypeText(field.type, field.optional), field.doc});
    }
    fields.Print(out);
  }
  out << "\n?: may have no value, has(name) tells. Rules of segments may use customer.* but customer.segments, now, "
         "and "
         "the families.\n";
}

std::string VocabularyJson() {
  std::vector<std::string> families;
  for (const WordFamily& family : WordFamilies()) {
    families.push_back(
        absl::StrCat("{\"name\": ", QuoteJson(family.name), ", \"argument\": ", QuoteJson(family.argument),
                     ", \"doc\": ", QuoteJson(family.doc), ", \"fields\": ", RowsJson(FamilyRows(family)), "}"));
  }
  std::vector<std::string> classes;
  for (const rules::ObjectClass& object_class : FullVocabulary().classes()) {
    classes.push_back(absl::StrCat("{\"name\": ", QuoteJson(object_class.name),
                                   ", \"doc\": ", QuoteJson(object_class.doc),
                                   ", \"fields\": ", RowsJson(ClassRows(object_class)), "}"));
  }
  return absl::StrCat("{\"variables\": ", RowsJson(VariableRows()), ", \"families\": [", absl::StrJoin(families, ", "),
                      "], \"classes\": [", absl::StrJoin(classes, ", "), "]}\n");
}

std::string VocabularyMarkdown() {
  std::string out = kMarkdownHead;
  std::vector<std::string> order;
  std::vector<std::vector<Row>> groups;
  for (Row& row : VariableRows()) {
    const std::string group = GroupOf(row);
    size_t at = 0;
    while (at < order.size() && order[at] != group) ++at;
    if (at == order.size()) {
      order.push_back(group);
      groups.emplace_back();
    }
    groups[at].push_back(std::move(row));
  }
  for (size_t i = 0; i < order.size(); ++i) {
    absl::StrAppend(&out, "\n## ", order[i], "\n");
    AppendTable(groups[i], &out);
  }
  for (const WordFamily& family : WordFamilies()) {
    absl::StrAppend(&out, "\n## ", family.name, "(\"...\")\n", family.doc, "; in the quotes ", family.argument,
                    ".\n\n");
    AppendTable(FamilyRows(family), &out);
  }
  for (const rules::ObjectClass& object_class : FullVocabulary().classes()) {
    absl::StrAppend(&out, "\n## ", object_class.name, "\n", object_class.doc,
                    ": `basket.lines.exists(line, line.category == \"MILK\" && line.amount > 10.0)`\n\n");
    AppendTable(ClassRows(object_class), &out);
  }
  return out + kTry;
}

}  // namespace nbo::ctl
