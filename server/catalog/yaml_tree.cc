#include "server/catalog/yaml_tree.h"

#include <yaml.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kTextBlockBytes = 64 << 10;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// libyaml counts characters; places are told in lines of '\n' and bytes. Events come in the order of the text, so each
// place is found by going on from the one before.
class Places {
 public:
  // Characters and bytes are counted from byte `begin` on.
  Places(absl::string_view yaml, size_t begin) : yaml_(yaml), begin_(begin), at_(begin) {}

  Place OfCharacter(size_t index) {
    if (index < characters_) Rewind();
    while (characters_ < index && at_ < yaml_.size()) Step();
    return Here();
  }
  Place OfByte(size_t offset) {
    offset += begin_;
    if (offset < at_) Rewind();
    while (at_ < offset && at_ < yaml_.size()) Step();
    return Here();
  }
  // The place behind anchor and tag, which begin at character `index`.
  Place BehindProperties(size_t index) {
    OfCharacter(index);
    while (at_ < yaml_.size() && (yaml_[at_] == '&' || yaml_[at_] == '!')) {
      while (at_ < yaml_.size() && !IsSpace(yaml_[at_])) Step();
      while (at_ < yaml_.size() && IsSpace(yaml_[at_])) Step();
    }
    return Here();
  }

 private:
  Place Here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  void Rewind() {
    characters_ = line_start_ = 0;
    at_ = begin_;
    line_ = 1;
  }
  void Step() {
    if (yaml_[at_++] == '\n') {
      ++line_;
      line_start_ = at_;
    }
    while (at_ < yaml_.size() && (static_cast<unsigned char>(yaml_[at_]) & 0xC0) == 0x80) ++at_;
    ++characters_;
  }

  const absl::string_view yaml_;
  const size_t begin_;
  size_t at_, characters_ = 0, line_start_ = 0;
  int line_ = 1;
};

// Owns an event of libyaml.
struct Event {
  yaml_event_t event{};
  Event() = default;
  ~Event() { yaml_event_delete(&event); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
};

absl::string_view View(const yaml_char_t* text, size_t size) { return {reinterpret_cast<const char*>(text), size}; }
std::string Anchor(const yaml_char_t* anchor) {
  return anchor == nullptr ? "" : std::string(reinterpret_cast<const char*>(anchor));
}

bool IsNullWord(absl::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// Windows' Notepad begins a file of UTF-8 with U+FEFF.
size_t ByteOrderMark(absl::string_view yaml) { return absl::StartsWith(yaml, "\ufeff") ? 3 : 0; }

// Whether a line reads `key: "vip" in customer.segments`: what comes behind the colon begins with something that is not
// plain text to YAML, or holds another colon.
bool IsPlainValueInDoubt(absl::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == absl::string_view::npos) return false;
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 2));
  return !value.empty() && (absl::StrContains("\"'[{&*!|>%@`-?", value.substr(0, 1)) || absl::StrContains(value, ": "));
}

constexpr char kWriteBelow[] = "write the value in the line below, after '|' behind the colon: then all of it is text";

class Builder {
 public:
  Builder(absl::string_view yaml, YamlTree* tree, YamlProblem* problem)
      : yaml_(yaml), places_(yaml, ByteOrderMark(yaml)), tree_(*tree), problem_(*problem) {
    yaml.remove_prefix(ByteOrderMark(yaml));
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(yaml.data()), yaml.size());
    tree_.nodes.reserve(yaml.size() / 16);
  }
  ~Builder() { yaml_parser_delete(&parser_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  bool Build() {
    while (true) {
      Event next;
      if (yaml_parser_parse(&parser_, &next.event) == 0) return ParserProblem();
      if (next.event.type == YAML_STREAM_END_EVENT) return true;
      if (!Take(next.event)) return false;
    }
  }

 private:
  struct Open {
    int node;
    int last_child;
    bool value_next;  // of a map: the next node is a value
    std::string anchor;
  };

  bool Problem(Place place, std::string message) {
    problem_ = {place, std::move(message)};
    return false;
  }

  bool ParserProblem() {
    const char* what = parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    if (parser_.error == YAML_READER_ERROR) {
      return Problem(places_.OfByte(parser_.problem_offset), absl::StrCat("not YAML: ", what));
    }
    const Place place = places_.OfCharacter(parser_.problem_mark.index);
    std::string context;
    if (parser_.context != nullptr) {
      context = absl::StrCat(", ", parser_.context);
      if (parser_.context_mark.index > 0) {
        absl::StrAppend(&context, " that begins in line ", places_.OfCharacter(parser_.context_mark.index).line);
      }
    }
    const bool in_doubt = IsPlainValueInDoubt(LineOf(place));
    return Problem(place, absl::StrCat("not YAML: ", what, context, in_doubt ? "; " : "", in_doubt ? kWriteBelow : ""));
  }

  absl::string_view LineOf(Place place) const {
    absl::string_view rest = yaml_;
    for (int line = 1; line < place.line && !rest.empty(); ++line) {
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    return rest.substr(0, rest.find('\n'));
  }

  // A '!' at the begin of a value is a tag to YAML, and the rule would silently lose its "not".
  bool CheckTag(const yaml_event_t& event, const yaml_char_t* tag) {
    if (tag == nullptr || absl::StartsWith(Anchor(tag), "tag:yaml.org,2002:")) return true;
    return Problem(places_.OfCharacter(event.start_mark.index),
                   absl::StrCat("a value that begins with '!' has another meaning to YAML; ", kWriteBelow));
  }

  bool Take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        if (++documents_ == 1) return true;
        return Problem(places_.OfCharacter(event.start_mark.index),
                       "a second document begins here; remove the '---' before it");
      case YAML_SCALAR_EVENT: return TakeScalar(event);
      case YAML_ALIAS_EVENT: return TakeAlias(event);
      case YAML_SEQUENCE_START_EVENT:
        return Begin(YamlNode::Kind::kList, event, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      case YAML_MAPPING_START_EVENT:
        return Begin(YamlNode::Kind::kMap, event, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: return End();
      default: return true;
    }
  }

  Place PlaceOf(const yaml_event_t& event, bool has_properties) {
    return has_properties ? places_.BehindProperties(event.start_mark.index)
                          : places_.OfCharacter(event.start_mark.index);
  }

  // Appends a node and hangs it into what is open.
  int Add(YamlNode node) {
    const int position = static_cast<int>(tree_.nodes.size());
    tree_.nodes.push_back(node);
    if (open_.empty()) {
      tree_.root = position;
      return position;
    }
    Open& parent = open_.back();
    YamlNode& holder = tree_.nodes[parent.node];
    (parent.last_child < 0 ? holder.first_child : tree_.nodes[parent.last_child].next) = position;
    parent.last_child = position;
    if (holder.kind == YamlNode::Kind::kMap) parent.value_next = !parent.value_next;
    if (holder.kind == YamlNode::Kind::kList || !parent.value_next) ++holder.size;
    return position;
  }

  bool TakeScalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    if (!CheckTag(event, scalar.tag)) return false;
    YamlNode node;
    node.place = PlaceOf(event, scalar.anchor != nullptr || scalar.tag != nullptr);
    const absl::string_view text = View(scalar.value, scalar.length);
    const bool null = scalar.style == YAML_PLAIN_SCALAR_STYLE && IsNullWord(text);
    node.kind = null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar;
    node.text = null ? absl::string_view() : Keep(text);
    const int position = Add(node);
    if (scalar.anchor != nullptr) anchors_[Anchor(scalar.anchor)] = position;
    return true;
  }

  bool TakeAlias(const yaml_event_t& event) {
    const std::string name = Anchor(event.data.alias.anchor);
    const Place place = places_.OfCharacter(event.start_mark.index);
    const auto it = anchors_.find(name);
    if (it == anchors_.end()) return Problem(place, absl::StrCat("not YAML: nothing is named &", name, " before this"));
    YamlNode node = tree_.nodes[it->second];  // keeps the place of what it stands for: that is where it can be mended
    node.next = -1;
    Add(node);
    return true;
  }

  bool Begin(YamlNode::Kind kind, const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (!CheckTag(event, tag)) return false;
    YamlNode node;
    node.kind = kind;
    node.place = PlaceOf(event, anchor != nullptr || tag != nullptr);
    if (open_.size() >= kMaxDepth) return Problem(node.place, absl::StrCat("nested deeper than ", kMaxDepth));
    const int position = Add(node);
    // Known by its name only once it is complete: so it cannot hold itself.
    open_.push_back({position, -1, false, Anchor(anchor)});
    return true;
  }

  bool End() {
    if (!open_.back().anchor.empty()) anchors_[open_.back().anchor] = open_.back().node;
    open_.pop_back();
    return true;
  }

  absl::string_view Keep(absl::string_view text) {
    if (tree_.texts.empty() || tree_.texts.back().capacity() - tree_.texts.back().size() < text.size()) {
      tree_.texts.emplace_back();
      tree_.texts.back().reserve(std::max(kTextBlockBytes, text.size()));
    }
    std::string& block = tree_.texts.back();
    const size_t at = block.size();
    block.append(text.data(), text.size());
    return {block.data() + at, text.size()};
  }

  yaml_parser_t parser_{};
  const absl::string_view yaml_;
  Places places_;
  YamlTree& tree_;
  YamlProblem& problem_;
  std::vector<Open> open_;
  absl::flat_hash_map<std::string, int> anchors_;
  int documents_ = 0;
};

}  // namespace

bool ParseYaml(absl::string_view yaml, YamlTree* tree, YamlProblem* problem) {
  return Builder(yaml, tree, problem).Build();
}

}  // namespace nbo::server
