namespace Pricing.Cli;

/// <summary>Files the program writes where the caller asked for them.</summary>
static class OutputFile
{
    /// <summary>Writes the whole file; refuses with the option that named it.</summary>
    public static async Task WriteAsync(string path, byte[] bytes, string field, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllBytesAsync(path, bytes, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FaultException(new Fault(ExitCode.InputOutput, "FILE_NOT_WRITTEN", "The file could not be written.", field, "", path), error);
        }
    }
}
