using System.Text.Json;
using Pricing.Cli.Output;

namespace Pricing.Cli.Commands;

/// <summary>What became of one file: its exit code and its JSON object.</summary>
readonly record struct FileOutcome(int ExitCode, Action<Utf8JsonWriter> Json);

/// <summary>
/// Runs a verb over one or several files. A bad file never stops the others. One file: its own exit code. Several: 0 when all were 0, else 1.
/// </summary>
static class FileLoop
{
    public static async Task<int> RunAsync(string[] files, bool json, Terminal terminal, Func<string, ProgressLine, Task<FileOutcome>> work)
    {
        if (files.Length > Limits.Cli.FilesMax)
            throw Inputs.Wrong("TOO_MANY_FILES", "Too many files in one call.", "file", $"{Limits.Cli.FilesMax} files", $"{files.Length} files");
        var outcomes = new List<FileOutcome>(files.Length);
        foreach (var file in files)
            outcomes.Add(await OneAsync(file, terminal, work));
        if (json)
            JsonText.WriteAll(terminal.Out, [.. outcomes.Select(outcome => outcome.Json)]);
        return outcomes.Count == 1 ? outcomes[0].ExitCode : outcomes.All(outcome => outcome.ExitCode == ExitCode.Ok) ? ExitCode.Ok : ExitCode.NotFirm;
    }

    static async Task<FileOutcome> OneAsync(string file, Terminal terminal, Func<string, ProgressLine, Task<FileOutcome>> work)
    {
        using var progress = new ProgressLine(terminal, file);
        try
        {
            progress.FileBytes = CheckFile(file);
            return await work(file, progress);
        }
        catch (Exception error) when (Fault.From(error, file) is { } fault)
        {
            progress.Clear();
            terminal.Error.WriteLine($"pricing: {Clean(file)}: {fault.Line()}");
            return new FileOutcome(fault.ExitCode, writer => JsonText.Error(writer, fault, file));
        }
    }

    /// <summary>Refuses what cannot be a model before a byte is read: nothing there, a folder, a pipe, empty, too large.</summary>
    static long CheckFile(string file)
    {
        if (Directory.Exists(file))
            throw new FaultException(new Fault(ExitCode.NoInput, "NOT_A_FILE", "A folder was given where a file is needed.", "file", "", file));
        var info = new FileInfo(file);
        if (!info.Exists)
            throw new FaultException(new Fault(ExitCode.NoInput, "FILE_NOT_FOUND", "The file does not exist.", "file", "", file));
        using (var stream = info.Open(new FileStreamOptions { Share = FileShare.ReadWrite }))
            if (!stream.CanSeek)
                throw new FaultException(new Fault(ExitCode.NoInput, "NOT_A_FILE", "A pipe or device was given where a file is needed.", "file", "", file));
        if (info.Length > Limits.Mesh.FileBytesMax)
            throw new FaultException(new Fault(ExitCode.Data, "MODEL_TOO_LARGE", "The model file is larger than the platform accepts.", "file",
                $"{Limits.Mesh.FileBytesMax} bytes", $"{info.Length} bytes"));
        return info.Length;
    }

    static string Clean(string file) => string.Concat(file.Select(c => char.IsControl(c) ? '?' : c));
}
