// Reads the YAML of a catalog and says what is wrong with it.
#ifndef NBO_SERVER_CATALOG_SOURCE_H_
#define NBO_SERVER_CATALOG_SOURCE_H_

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/catalog/compile.h"

namespace nbo::server {

// A mistake or a warning at its place in the file, also as a compiler would print it.
struct Diagnostic {
  int line = 0;    // from 1; 0: the whole file
  int column = 0;  // from 1, bytes
  std::string message;
  std::string rendered;  // file:line:column: message, the line, a caret; a warning says so before its message
};

// Either the compiled catalog (version 0) or the mistakes, in the order of the file, at most kMaxDiagnostics. Warnings
// go to *warnings, if given, in either case, with the same order and limit. Pure: reads nothing but its arguments.
// `file_name` is for messages and may be empty.
std::variant<std::shared_ptr<Catalog>, std::vector<Diagnostic>> CompileYaml(
    const std::string& yaml, const std::string& file_name, const CompileOptions& options,
    std::vector<Diagnostic>* warnings = nullptr);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_SOURCE_H_
