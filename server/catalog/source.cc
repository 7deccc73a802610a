#include "server/catalog/source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/catalog/review.h"
#include "server/catalog/yaml_draft.h"

namespace nbo::server {
namespace {

const std::string kUnnamed = "catalog";  // how messages call a catalog that was sent without a file name

bool IsBreak(char c) { return c == '\n' || c == '\r'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || IsBreak(c); }

// Finds places within scalars: a rule may be plain, quoted, or a block over several lines, so a byte of its value lies
// somewhere behind the place where its node begins.
class SourceText {
 public:
  explicit SourceText(const std::string& yaml) : yaml_(yaml) {
    line_starts_.push_back(0);
    for (size_t i = 0; i < yaml.size(); ++i) {
      if (yaml[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  // The place of byte `offset` of `value`, whose node begins at `node`. Falls back to `node` where the value was
  // written with escapes.
  Place Locate(Place node, const std::string& value, int offset) const {
    if (node.line <= 0 || node.line > static_cast<int>(line_starts_.size()) || value.empty()) return node;
    size_t begin = line_starts_[node.line - 1] + static_cast<size_t>(node.column - 1);
    if (begin >= yaml_.size()) return node;
    const bool is_plain_or_quoted = yaml_[begin] != '|' && yaml_[begin] != '>';
    if (!is_plain_or_quoted) {
      begin = std::min(yaml_.find('\n', begin), yaml_.size());
      while (begin < yaml_.size() && IsSpace(yaml_[begin])) ++begin;
    }
    const char quote = yaml_[begin] == '"' || yaml_[begin] == '\'' ? yaml_[begin] : '\0';
    if (is_plain_or_quoted && quote != '\0') ++begin;
    const size_t at = Align(begin, is_plain_or_quoted ? quote : '\0', value, static_cast<size_t>(offset));
    return at == std::string::npos ? node : PlaceAt(at);
  }

  std::string Line(int line) const {
    if (line <= 0 || line > static_cast<int>(line_starts_.size())) return "";
    size_t end = yaml_.find('\n', line_starts_[line - 1]);
    if (end == std::string::npos) end = yaml_.size();
    if (end > line_starts_[line - 1] && yaml_[end - 1] == '\r') --end;
    return yaml_.substr(line_starts_[line - 1], end - line_starts_[line - 1]);
  }

 private:
  // Walks value and file side by side; white space of the one stands for white space of the other. In quotes, a quote
  // and a backslash are written as two characters.
  size_t Align(size_t raw, char quote, const std::string& value, size_t offset) const {
    offset = std::min(offset, value.size());
    for (size_t i = 0; i < offset; ++i) {
      if (raw >= yaml_.size()) return std::string::npos;
      if (IsBreak(yaml_[raw]) && IsSpace(value[i])) {
        while (raw < yaml_.size() && IsSpace(yaml_[raw])) ++raw;
      } else if (IsEscaped(raw, quote, value[i])) {
        raw += 2;
      } else if (yaml_[raw] == value[i]) {
        ++raw;
      } else {
        return std::string::npos;
      }
    }
    return raw;
  }

  bool IsEscaped(size_t raw, char quote, char c) const {
    if (raw + 1 >= yaml_.size() || yaml_[raw + 1] != c) return false;
    if (quote == '"') return yaml_[raw] == '\\' && (c == '"' || c == '\\');
    return quote == '\'' && yaml_[raw] == '\'' && c == '\'';
  }

  Place PlaceAt(size_t at) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
    const int line = static_cast<int>(next - line_starts_.begin());
    return {line, static_cast<int>(at - line_starts_[line - 1]) + 1};
  }

  const std::string& yaml_;
  std::vector<size_t> line_starts_;
};

// The nearest place at or before `at` where a character begins.
size_t StartOfCharacter(const std::string& utf8, size_t at) {
  while (at > 0 && at < utf8.size() && (static_cast<unsigned char>(utf8[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::string Render(const SourceText& source, const std::string& file_name, absl::string_view kind,
                   const Diagnostic& d) {
  if (d.line == 0) return absl::StrCat(file_name, ": ", kind, d.message);
  const std::string source_line = source.Line(d.line);
  // Of a very long line (a catalog written as JSON is one) only the surroundings are shown.
  constexpr size_t kAround = 100;
  const size_t column = static_cast<size_t>(d.column - 1);
  const size_t from = StartOfCharacter(source_line, column > kAround ? column - kAround : 0);
  const std::string line = source_line.substr(from, StartOfCharacter(source_line, from + 2 * kAround) - from);
  // The caret stands under its character: tabs stay tabs, other characters become one space each.
  std::string pad;
  const absl::string_view before = absl::string_view(line).substr(0, column - from);
  for (char c : before) {
    if (c == '\t') {
      pad.push_back('\t');
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      pad.push_back(' ');
    }
  }
  return absl::StrCat(file_name, ":", d.line, ":", d.column, ": ", kind, d.message, "\n  ", line, "\n  ", pad, "^");
}

// `kind` stands before each message: "warning: " or nothing.
std::vector<Diagnostic> Diagnose(const std::string& yaml, const std::string& file_name,
                                 const std::vector<CatalogMistake>& mistakes, absl::string_view kind = "") {
  if (mistakes.empty()) return {};
  const SourceText source(yaml);
  std::vector<Diagnostic> diagnostics;
  for (const CatalogMistake& mistake : mistakes) {
    const Place place = source.Locate(mistake.place, mistake.text, mistake.text_offset);
    diagnostics.push_back({place.line, place.column, mistake.message, ""});
  }
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  if (diagnostics.size() > kMaxDiagnostics) diagnostics.resize(kMaxDiagnostics);
  for (Diagnostic& d : diagnostics) d.rendered = Render(source, file_name, kind, d);
  return diagnostics;
}

void Append(std::vector<CatalogMistake> more, std::vector<CatalogMistake>* mistakes) {
  mistakes->insert(mistakes->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::variant<std::shared_ptr<Catalog>, std::vector<Diagnostic>> CompileYaml(const std::string& yaml,
                                                                            const std::string& file_name,
                                                                            const CompileOptions& options,
                                                                            std::vector<Diagnostic>* warnings) {
  std::vector<CatalogMistake> mistakes;
  const std::string& shown = file_name.empty() ? kUnnamed : file_name;
  if (!IsUtf8(yaml)) {
    mistakes.push_back({{}, 0, "", "not valid UTF-8; save the file as UTF-8"});
    return Diagnose(yaml, shown, mistakes);
  }
  CatalogDraft draft;
  if (!DraftFromYaml(yaml, &draft, &mistakes)) return Diagnose(yaml, shown, mistakes);
  auto compiled = CompileCatalog(draft, options);
  if (auto* more = std::get_if<std::vector<CatalogMistake>>(&compiled)) Append(std::move(*more), &mistakes);
  CatalogReview review = ReviewCatalog(draft, {options.today, options.window_shift_days});
  Append(std::move(review.mistakes), &mistakes);
  if (warnings != nullptr) *warnings = Diagnose(yaml, shown, review.warnings, "warning: ");
  if (!mistakes.empty()) return Diagnose(yaml, shown, mistakes);
  return std::get<std::shared_ptr<Catalog>>(std::move(compiled));
}

}  // namespace nbo::server
