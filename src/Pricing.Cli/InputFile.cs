using System.Text;

namespace Pricing.Cli;

/// <summary>Files a user names: what cannot be one is refused before it is read, and a small one is never read beyond its bound.</summary>
static class InputFile
{
    /// <summary>Refuses a folder, a pipe, a name without a file; the answer is the file's length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The argument or option that names it.</param>
    public static long Check(string path, string field)
    {
        if (Directory.Exists(path))
            throw new FaultException(new Fault(ExitCode.NoInput, "NOT_A_FILE", "A folder was given where a file is needed.", field, "", path));
        var info = new FileInfo(path);
        if (!info.Exists)
            throw new FaultException(new Fault(ExitCode.NoInput, "FILE_NOT_FOUND", "The file does not exist.", field, "", path));
        using var stream = info.Open(new FileStreamOptions { Share = FileShare.ReadWrite });
        if (!stream.CanSeek)
            throw new FaultException(new Fault(ExitCode.NoInput, "NOT_A_FILE", "A pipe or device was given where a file is needed.", field, "", path));
        return info.Length;
    }

    /// <summary>The text of a file of at most <paramref name="bytesMax"/> bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">The argument or option that names it.</param>
    /// <param name="bytesMax">Bound of what is read.</param>
    /// <param name="tooLarge">Reason and sentence for a larger one.</param>
    public static string ReadText(string path, string field, int bytesMax, (string Reason, string Message) tooLarge)
    {
        try
        {
            var length = Check(path, field);
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            // Devices say they are empty and never end: what counts is what is read.
            var bytes = new byte[bytesMax + 1];
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > bytesMax || read > bytesMax)
                throw new FaultException(new Fault(ExitCode.Data, tooLarge.Reason, tooLarge.Message, field, $"{bytesMax} bytes", $"{Math.Max(length, read)} bytes"));
            using var reader = new StreamReader(new MemoryStream(bytes, 0, read), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException && Fault.From(error, path) is { } fault)
        {
            throw new FaultException(fault with { Field = field }, error);
        }
    }
}
