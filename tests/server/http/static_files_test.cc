#include "server/http/static_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/http/gzip.h"

namespace nbo::server {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() : root_(fs::path(::testing::TempDir()) / absl::StrCat("static-", getpid(), "-", ++made_)) {
    fs::create_directories(root_ / "web");
  }
  ~StaticFilesTest() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  absl::StatusOr<StaticFiles> Load() const { return StaticFiles::Load((root_ / "web").string()); }

  inline static int made_ = 0;
  const fs::path root_;
};

TEST_F(StaticFilesTest, FindsFilesAndPages) {
  Write("web/pos/index.html", "<p>till");
  Write("web/kiosk.html", "<p>kiosk");
  Write("web/assets/app-3f9a1c2b.js", "let a;");
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 3u);
  ASSERT_NE(files->FindPage("/pos"), nullptr);
  EXPECT_EQ(files->FindPage("/pos")->bytes, "<p>till");
  EXPECT_EQ(files->FindPage("/pos/")->bytes, "<p>till");
  EXPECT_EQ(files->FindPage("/kiosk")->bytes, "<p>kiosk");
  EXPECT_EQ(files->FindPage("/app"), nullptr);
  EXPECT_EQ(files->FindPage("/"), nullptr);
  const StaticFile* const script = files->Find("/assets/app-3f9a1c2b.js");
  ASSERT_NE(script, nullptr);
  EXPECT_EQ(script->content_type, "text/javascript; charset=utf-8");
  EXPECT_TRUE(script->immutable);
  EXPECT_FALSE(files->FindPage("/pos")->immutable);
  EXPECT_EQ(files->Find("assets/app-3f9a1c2b.js"), nullptr);
}

TEST_F(StaticFilesTest, NoPathLeadsOutOfTheDirectory) {
  Write("secret.txt", "secret");
  Write("web/.hidden/a.txt", "hidden");
  Write("web/.env", "hidden");
  Write("web/index.html", "x");
  fs::create_symlink(root_ / "secret.txt", root_ / "web/link.txt");
  fs::create_directory_symlink(root_, root_ / "web/up");
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 1u);
  for (const char* const path : {"/../secret.txt", "/web/../../secret.txt", "//secret.txt", "/up/secret.txt",
                                 "/link.txt", "/.env", "/.hidden/a.txt", "/%2e%2e/secret.txt", "", "/", "."}) {
    EXPECT_EQ(files->Find(path), nullptr) << path;
  }
}

TEST_F(StaticFilesTest, TagsFilesByTheirContentAndCompressesWhatGainsByIt) {
  Write("web/a.css", std::string(10'000, 'a'));
  Write("web/b.css", std::string(10'000, 'b'));
  Write("web/c.css", std::string(10'000, 'a'));
  Write("web/d.svg", "<svg/>");
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->Find("/a.css")->etag, files->Find("/c.css")->etag);
  EXPECT_NE(files->Find("/a.css")->etag, files->Find("/b.css")->etag);
  EXPECT_EQ(files->Find("/a.css")->etag.size(), 18u);
  EXPECT_EQ(*Gunzip(files->Find("/a.css")->gzipped, 10'000), std::string(10'000, 'a'));
  EXPECT_EQ(files->Find("/d.svg")->gzipped, "");
}

TEST_F(StaticFilesTest, SaysWhenThereIsNoDirectory) {
  fs::remove_all(root_ / "web");
  EXPECT_TRUE(absl::IsNotFound(Load().status()));
}

TEST_F(StaticFilesTest, RefusesADirectoryThatIsNotThatOfTheScreens) {
  for (size_t i = 0; i <= StaticFiles::kMaxFiles; ++i) Write(absl::StrCat("web/", i), "");
  EXPECT_TRUE(absl::IsResourceExhausted(Load().status()));
}

TEST(ContentTypeOfName, GoesByTheEndOfTheName) {
  EXPECT_EQ(ContentTypeOfName("a.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(ContentTypeOfName("x.min.css"), "text/css; charset=utf-8");
  EXPECT_EQ(ContentTypeOfName("p.svg"), "image/svg+xml");
  EXPECT_EQ(ContentTypeOfName("noend"), "application/octet-stream");
}

}  // namespace
}  // namespace nbo::server
