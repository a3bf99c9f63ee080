using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Forces finished uploads to disk, on threads of its own: a disk blocks its caller for as long as it likes, and the threads that read from
/// the network must not wait with it. Uploads that end together share the flush of their folders.
/// </summary>
sealed class ModelCommits : IDisposable
{
    readonly string _root;
    readonly BlockingCollection<Pending> _pending = new(Limits.Model.ConcurrentUploadsMax);
    readonly Thread[] _threads = new Thread[Limits.Model.CommitThreads];

    public ModelCommits(string root)
    {
        _root = root;
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"model-commit-{i}" };
            _threads[i].Start();
        }
    }

    sealed record Pending(SafeFileHandle File, string Temporary, string Target)
    {
        public readonly TaskCompletionSource Done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Flushes the file, renames it, flushes the folders. Fails as the disk fails; the target then may or may not be there.</summary>
    public Task CommitAsync(SafeFileHandle file, string temporary, string target)
    {
        var pending = new Pending(file, temporary, target);
        _pending.Add(pending);
        return pending.Done.Task;
    }

    /// <summary>Ends what is under way; nothing may be added any more.</summary>
    public void Dispose()
    {
        _pending.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _pending.Dispose();
    }

    void Work()
    {
        List<Pending> batch = [];
        foreach (var first in _pending.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < Limits.Model.CommitBatchMax && _pending.TryTake(out var next))
                batch.Add(next);
            Commit(batch);
            batch.Clear();
        }
    }

    void Commit(List<Pending> batch)
    {
        batch.RemoveAll(pending => !Try(pending, () => Name(pending)));
        var folders = batch.Select(pending => Path.GetDirectoryName(pending.Target)!).Distinct().Append(_root).ToList();
        foreach (var pending in batch)
        {
            // The first one flushes for all; flushing a clean folder again is free.
            if (Try(pending, () => folders.ForEach(DirectorySync.Flush)))
                pending.Done.SetResult();
        }
    }

    static void Name(Pending pending)
    {
        RandomAccess.FlushToDisk(pending.File);
        Directory.CreateDirectory(Path.GetDirectoryName(pending.Target)!);
        File.Move(pending.Temporary, pending.Target, overwrite: true);
    }

    /// <summary>The disk's failure belongs to the upload that met it, not to the thread.</summary>
    static bool Try(Pending pending, Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            pending.Done.SetException(error);
            return false;
        }
    }
}
