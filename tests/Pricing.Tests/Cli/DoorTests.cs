using NUnit.Framework;

namespace Pricing.Tests.Cli;

[TestFixture]
public sealed class DoorTests
{
    [TestCase("quot")]
    [TestCase("measure")]
    [TestCase("quote --materiel pla x.stl")]
    [TestCase("serve --log-level loud")]
    [TestCase("generate --triangles many --out x.stl")]
    public async Task A_mistyped_line_is_one_sentence_a_hint_and_exit_code_64(string line)
    {
        var said = await Spoken.By(line.Split(' '));

        Assert.That(said.ExitCode, Is.EqualTo(64));
        Assert.That(said.Out, Is.Empty);
        var lines = said.Error.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.StartWith("pricing: ").And.EndWith("[USAGE; arguments]"));
        Assert.That(lines[1], Does.StartWith("Try: pricing ").And.EndWith("--help"));
    }

    [TestCase("measure --scale abc x.stl", "pricing: --scale does not take 'abc': a number is expected. [USAGE; arguments]")]
    [TestCase("measure --threads 1.5 x.stl", "pricing: --threads does not take '1.5': a whole number is expected. [USAGE; arguments]")]
    [TestCase("serve --log-level loud", "pricing: --log-level does not take 'loud'. [USAGE; arguments]")]
    [TestCase("measure --json", "pricing: 'measure' needs FILE. [USAGE; arguments]")]
    public async Task A_mistake_is_named_in_words_that_need_no_programmer(string line, string sentence)
    {
        var said = await Spoken.By(line.Split(' '));

        Assert.That(said.Error.Split('\n')[0], Is.EqualTo(sentence));
    }

    [TestCase("measure --profile {0} part.stl", "--profile")]
    [TestCase("prices check {0}", "file")]
    public async Task Other_input_files_are_checked_like_models(string line, string field)
    {
        var missing = await Spoken.By(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, "no-such-file").Split(' '));
        Assert.That(missing.ExitCode, Is.EqualTo(66));
        Assert.That(missing.Error.TrimEnd(), Does.EndWith($"[FILE_NOT_FOUND; {field}; actual: no-such-file]"));

        var folder = await Spoken.By(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, Path.GetTempPath()).Split(' '));
        Assert.That(folder.ExitCode, Is.EqualTo(66));
        Assert.That(folder.Error.TrimEnd(), Does.EndWith($"[NOT_A_FILE; {field}; actual: {Path.GetTempPath()}]"));
    }

    [Test]
    public async Task Without_a_verb_the_program_says_what_it_can_do()
    {
        var said = await Spoken.By();

        Assert.That(said.ExitCode, Is.Zero);
        foreach (var verb in new[] { "quote", "measure", "serve", "prices", "examples", "generate", "bench", "sim" })
            Assert.That(said.Out, Does.Contain($"  {verb} "));
    }

    [TestCase("measure --unit furlong x.stl", "UNIT_UNKNOWN", "furlong")]
    [TestCase("measure --scale 0 x.stl", "SCALE_OUT_OF_RANGE", "0")]
    [TestCase("measure --scale NaN x.stl", "SCALE_OUT_OF_RANGE", "NaN")]
    [TestCase("measure --threads 0 x.stl", "THREADS_OUT_OF_RANGE", "0")]
    [TestCase("quote --qty 1,many x.stl", "QUANTITY_NOT_A_NUMBER", "many")]
    [TestCase("quote --qty 99999999999999999999 x.stl", "QUANTITY_NOT_A_NUMBER", "99999999999999999999")]
    [TestCase("quote --server foo:bar x.stl", "NOT_AN_ADDRESS", "foo:bar")]
    [TestCase("serve --roles boss", "UNKNOWN_ROLE", "boss")]
    [TestCase("serve --roles node", "COORDINATOR_MISSING", "none")]
    [TestCase("serve --listen nowhere", "NOT_AN_ADDRESS", "nowhere")]
    [TestCase("serve --database garbage", "NOT_A_CONNECTION_STRING", "(not shown: it may hold a password)")]
    [TestCase("serve --database Username=me", "NOT_A_CONNECTION_STRING", "(not shown: it may hold a password)")]
    [TestCase("generate --triangles 5 --out x.stl", "TRIANGLES_OUT_OF_RANGE", "5")]
    public async Task An_option_that_means_nothing_is_refused_with_reason_limit_and_actual(string line, string reason, string actual)
    {
        var said = await Spoken.By(line.Split(' '));

        Assert.That(said.ExitCode, Is.EqualTo(64));
        Assert.That(said.Error, Does.StartWith("pricing: ").And.Contain($"[{reason};").And.Contain("limit: ").And.Contain($"actual: {actual}]"));
        Assert.That(said.Error.TrimEnd(), Does.Not.Contain('\n'));
    }

    [Test]
    public async Task With_json_a_refusal_is_an_error_object_on_stdout_too()
    {
        var said = await Spoken.By("measure", "--json", "--unit", "furlong", "x.stl");

        var error = said.Json.GetProperty("error");
        Assert.That(error.EnumerateObject().Select(property => property.Name),
            Is.EqualTo(new[] { "reason", "message", "field", "limit", "actual", "exit_code" }));
        Assert.That(error.GetProperty("reason").GetString(), Is.EqualTo("UNIT_UNKNOWN"));
        Assert.That(error.GetProperty("exit_code").GetInt32(), Is.EqualTo(said.ExitCode));
        Assert.That(said.Error, Does.Contain("UNIT_UNKNOWN"), "a person reads stderr");
    }

    [TestCase("measure")]
    [TestCase("quote")]
    public async Task A_file_that_is_not_there_is_exit_code_66_and_starts_nothing(string verb)
    {
        var said = await Spoken.By(verb, "--json", "no-such-part.stl");

        Assert.That(said.ExitCode, Is.EqualTo(66));
        Assert.That(said.Json.GetProperty("error").GetProperty("reason").GetString(), Is.EqualTo("FILE_NOT_FOUND"));
        Assert.That(said.Json.GetProperty("file").GetString(), Is.EqualTo("no-such-part.stl"));
        Assert.That(Directory.Exists(said.Terminal.Home), Is.False);
    }

    [Test]
    public async Task A_folder_is_not_a_file()
    {
        var said = await Spoken.By("measure", Path.GetTempPath());

        Assert.That(said.ExitCode, Is.EqualTo(66));
        Assert.That(said.Error, Does.Contain("NOT_A_FILE"));
    }

    [Test]
    public async Task A_file_above_the_limit_is_refused_before_it_is_read()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pricing-large-{Guid.NewGuid():n}.stl");
        try
        {
            // Sparse: it takes no room, and nobody reads it.
            using (var file = File.Create(path))
                file.SetLength(Limits.Mesh.FileBytesMax + 1);
            var said = await Spoken.By("measure", "--json", path);

            Assert.That(said.ExitCode, Is.EqualTo(65));
            var error = said.Json.GetProperty("error");
            Assert.That(error.GetProperty("reason").GetString(), Is.EqualTo("MODEL_TOO_LARGE"));
            Assert.That(error.GetProperty("limit").GetString(), Is.EqualTo($"{Limits.Mesh.FileBytesMax} bytes"));
            Assert.That(error.GetProperty("actual").GetString(), Is.EqualTo($"{Limits.Mesh.FileBytesMax + 1} bytes"));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
